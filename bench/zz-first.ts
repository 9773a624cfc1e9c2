const t0=performance.now();
const { workloads } = await import("./workloads/index.js");
const { compileEntry } = await import("../src/compiler/compile.js");
const { MemoryMap } = await import("../src/backends/wasm/memory-map.js");
const { printEntry } = await import("../src/backends/wasm/driver.js");
const t1=performance.now();
const w=workloads.find(w=>w.name===process.argv[2])!;
for(let i=0;i<3;i++){
const a=performance.now();
const c=w.step!();
const b=performance.now();
const e=compileEntry(c.entry,c.variables);
const d=performance.now();
const map=new MemoryMap(c.variables); const places=map.placeEntry(e,1);
const bytes=printEntry(e,map,places,{shared:false,maximum:65536,fast:false});
const f=performance.now();
const m=new WebAssembly.Module(bytes);
const g=performance.now();
console.log(process.argv[2],"import",(t1-t0).toFixed(1),"trace+data",(b-a).toFixed(1),"compile",(d-b).toFixed(1),"print",(f-d).toFixed(1),"module",(g-f).toFixed(1),"bytes",bytes.length, e.body.kind==="phases"?e.body.phases.length:0);
}
const s=performance.now();
const job=await w.open(2); const x=performance.now(); await job.lossStep(); const y=performance.now(); console.log("open",(x-s).toFixed(1),"first",(y-x).toFixed(1)); 
process.exit(0);
