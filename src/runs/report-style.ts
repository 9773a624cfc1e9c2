/** How a report looks: one column of text, figures in a grid, light and dark, from a phone to a printed page. */
import { figureStyle, themeStyle } from "../figures/theme.js";

export const reportStyle: string = [
  themeStyle(":root"),
  figureStyle,
  `
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:56rem;padding:3.5rem 1.25rem 4rem;font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1,h2,p,dl,dd,figure,table{margin:0;padding:0}
h1,h2{font-family:ui-serif,Charter,"Iowan Old Style","Source Serif 4",Georgia,serif;font-weight:500;letter-spacing:-.01em;text-wrap:balance}
h1{font-size:clamp(1.85rem,6vw,2.75rem);line-height:1.12;margin:.5rem 0 1rem}
h2{font-size:1.45rem;line-height:1.25;margin:3.75rem 0 .4rem}
.over,p.note,footer,dt,th{color:var(--muted)}
.over{font-size:.875rem}
.lede{font-size:1.125rem;max-width:42rem;text-wrap:pretty}
p.note{font-size:.9375rem;max-width:42rem;margin-bottom:1.25rem;text-wrap:pretty}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(7rem,1fr));gap:1.25rem 1.5rem;margin-top:2rem;padding:1.1rem 0;border:solid var(--hairline);border-width:1px 0}
.numbers div{display:flex;flex-direction:column-reverse}
.numbers dt{font-size:.8125rem}
.numbers dd{font-size:1.5rem;line-height:1.25;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:2.25rem 2rem;margin-top:1.5rem}
.figures svg{display:block;width:100%;height:auto}
.scroll{overflow-x:auto;margin:0 -1.25rem;padding:0 1.25rem}
.scroll:focus-visible{outline:2px solid var(--series-0);outline-offset:2px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9375rem}
th{font-weight:400;text-align:left}
.plain{width:100%}
.plain th,.plain td{padding:.4rem 1rem .4rem 0;border-bottom:1px solid var(--hairline);vertical-align:top}
.plain tfoot td,.plain tfoot th{border-bottom:0;color:var(--ink);font-weight:600}
.plain .n{text-align:right;padding-right:0}
.plain td+.n,.plain th+.n{padding-left:1rem}
.settings th{width:11rem;color:var(--muted)}
.settings td{overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(4.5rem,1fr));gap:1.4rem .6rem;padding:0;margin:1.25rem 0 0;list-style:none}
.tiles.wide{grid-template-columns:repeat(auto-fill,minmax(6.75rem,1fr))}
.tiles img{display:block;width:3.5rem;height:auto;image-rendering:pixelated;margin-bottom:.35rem}
.tiles .grey{filter:invert(1);mix-blend-mode:multiply}
.tiles b{font-weight:600}
.tiles span{display:block;font-size:.8125rem;line-height:1.3;overflow-wrap:anywhere}
.tiles .quiet{color:var(--muted)}
.wrong{color:var(--series-1)}
.right{color:var(--series-0)}
pre{margin:.75rem 0 0;padding:.9rem 1rem;border:1px solid var(--hairline);border-radius:6px;overflow-x:auto;font:.875rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.9em}
footer{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--hairline);font-size:.875rem}
@media screen and (prefers-color-scheme:dark){.tiles .grey{filter:none;mix-blend-mode:screen}}
@media (max-width:30rem){body{padding-top:2rem}.settings th{width:8rem}}
@media print{body{max-width:none;padding:0}h2{break-after:avoid}figure,.tiles li,tr{break-inside:avoid}.tiles .grey{mix-blend-mode:normal}}
`,
].join("");
