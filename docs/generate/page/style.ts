import { Html } from './html.ts';

/** The page's only style sheet. Colours keep a contrast of at least 4.5 to their ground in both schemes. */
export const STYLE = new Html(`
:root{--ground:#fff;--panel:#f6f8fa;--line:#e3e8ee;--text:#1a1f36;--soft:#596074;--accent:#5046c9;--accent-soft:#efeefc;--code:#f3f4f8;--warn:#a8480d;--ok:#0a6b4d;--dark:#121a2e;--dark-head:#1d2740;--dark-text:#d6deee;--dark-soft:#9aa7c2;--name:#8fc7ff;--value:#a5e3b4;
--get:#1257b8;--post:#0a6b4d;--put:#8a5200;--patch:#8a5200;--delete:#b3213a;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--ground:#0e1424;--panel:#121a2e;--line:#27314c;--text:#e4e9f5;--soft:#a0abc4;--accent:#a9a3ff;--accent-soft:#211f4a;--code:#1b2440;--warn:#f2a66b;--ok:#5fd6a8;--dark:#0a0f1c;--dark-head:#151d33;
--get:#83b7ff;--post:#5fd6a8;--put:#efbb6b;--patch:#efbb6b;--delete:#ff8f9f}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;display:grid;grid-template-columns:17.5rem minmax(0,1fr)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.86em}
code{background:var(--code);border-radius:4px;padding:.1em .35em;overflow-wrap:anywhere}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;z-index:2;background:var(--ground);padding:.5rem 1rem}
.side{position:sticky;top:0;height:100vh;overflow-y:auto;background:var(--panel);border-right:1px solid var(--line);padding:1.5rem 1.25rem}
.brand{margin:0 0 1.25rem;font-weight:700;font-size:1.05rem}.brand a{color:var(--text)}.brand span{color:var(--soft);font-weight:400;font-size:.8rem}
nav p{margin:1.1rem 0 .25rem;font-size:.75rem;font-weight:600;letter-spacing:.05em;text-transform:uppercase}nav p a{color:var(--soft)}
nav ul{list-style:none;margin:0;padding:0;font-size:.84rem;line-height:1.35}
nav li a{display:flex;gap:.5rem;align-items:baseline;color:var(--text);padding:.28rem .5rem;margin:0 -.5rem;border-radius:6px}
nav li a:hover{background:var(--accent-soft);text-decoration:none}
.method{font:600 .68rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.02em}
nav .method{flex:0 0 2.9rem}
.get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.patch{color:var(--patch)}.delete{color:var(--delete)}
main{max-width:82rem;padding:2.5rem clamp(1.25rem,3.5vw,3.5rem) 6rem;min-width:0}
h1{font-size:2rem;line-height:1.2;letter-spacing:-.02em;margin:0 0 1rem}
h2{font-size:1.5rem;line-height:1.25;letter-spacing:-.015em;margin:4rem 0 .5rem}
h3{font-size:1.2rem;line-height:1.35;letter-spacing:-.01em;margin:0 0 .5rem}
h4{font-size:.78rem;letter-spacing:.05em;text-transform:uppercase;color:var(--soft);margin:1.75rem 0 .25rem}
h4 .optional{text-transform:none;letter-spacing:0}
p{margin:.5rem 0;max-width:44rem}.area p{color:var(--soft)}
.anchor{opacity:0;font-weight:400}h3:hover .anchor,.anchor:focus{opacity:1}
.operation{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,27rem);gap:0 3rem;padding:2.25rem 0;border-bottom:1px solid var(--line)}
.operation:target h3{color:var(--accent)}
.text,.samples{min-width:0}
.samples{position:sticky;top:1.5rem;align-self:start}
.route{display:flex;gap:.6rem;align-items:baseline;flex-wrap:wrap}.route .method{font-size:.78rem}
.facts{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem 1.25rem;padding:0;margin:.75rem 0 0;color:var(--soft);font-size:.87rem}
.fields{list-style:none;margin:0;padding:0}
.fields>li{padding:.7rem 0;border-top:1px solid var(--line)}
.fields>li:first-child{border-top:0}
.fields code:first-child{background:none;padding:0;font-weight:600}
.fields p{margin:.15rem 0 0;font-size:.92rem}
.fields .fields{margin:.5rem 0 0 .1rem;padding-left:1rem;border-left:2px solid var(--line)}
.type{color:var(--soft);font-size:.85rem}.required{color:var(--warn);font-size:.75rem;font-weight:600}.optional{color:var(--soft);font-size:.75rem}
.fields .notes{color:var(--soft);font-size:.82rem}
.status{display:inline-block;font:600 .8rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--soft)}.status.ok{color:var(--ok)}
.errors{list-style:none;margin:.25rem 0 0;padding:0;font-size:.8rem}
.errors li{display:flex;gap:.9rem;padding:.2rem 0}.errors a{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin-right:.5rem;overflow-wrap:anywhere}
summary{cursor:pointer;color:var(--accent);font-size:.88rem;width:max-content}
.sample{margin:0 0 1rem;border-radius:10px;overflow:hidden;background:var(--dark);color:var(--dark-text);border:1px solid var(--line)}
.sample figcaption{background:var(--dark-head);color:var(--dark-soft);padding:.45rem 1rem;font-size:.78rem}
.sample pre{margin:0;padding:.9rem 1rem;overflow:auto;max-height:32rem;line-height:1.55;font-size:.8rem}
.sample pre code{background:none;padding:0;font-size:1em;overflow-wrap:normal}
.sample b{font-weight:400;color:var(--name)}.sample i{font-style:normal;color:var(--value)}
.sample pre:focus-visible{outline-offset:-2px;outline-color:var(--name)}
.scroll{overflow-x:auto;margin-top:1rem}
table{border-collapse:collapse;font-size:.86rem;width:100%}
th{text-align:left;color:var(--soft);font-weight:600}th,td{padding:.45rem .75rem .45rem 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:target{background:var(--accent-soft)}
@media(min-width:56.01rem){@supports selector(::details-content){.menu>summary{display:none}.menu::details-content{content-visibility:visible;block-size:auto}}}
@media(max-width:74rem){.operation{grid-template-columns:minmax(0,1fr)}.samples{position:static;margin-top:1.75rem}}
@media(max-width:56rem){body{grid-template-columns:minmax(0,1fr)}.side{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line);padding:1rem 1.25rem}.brand{margin-bottom:.5rem}main{padding-top:1.75rem}h2{margin-top:3rem}}
@media print{.side{display:none}body{display:block}.operation{break-inside:avoid-page}}
`);
