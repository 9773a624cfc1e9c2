const { workloads } = await import("./workloads/index.js");
const { printLevels } = await import("../src/compiler/print.js");
const w=workloads.find(w=>w.name===process.argv[2])!;
const c=w.step!();
for (const l of printLevels(c.entry,c.variables)) if (process.argv.slice(3).some(x=>l.name.toLowerCase().includes(x))) console.log("=== "+l.name+"\n"+l.text);
