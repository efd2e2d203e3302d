/*
  The style of the --report page.
*/

/** A light and a dark page; each tone has a contrast of at least 3 to 1 with its background. */
export const style = `
:root{color-scheme:light dark;--ground:#fff;--raised:#f5f6f8;--ink:#1b1f24;--faint:#5a6472;--rule:#d8dce2;
--sent:#2f6fdb;--good:#1a7f4b;--doubt:#a86400;--bad:#c4314b;--plain:#6b7685}
@media (prefers-color-scheme:dark){:root{--ground:#14171b;--raised:#1e2329;--ink:#e8eaed;--faint:#a3adba;--rule:#38404a;
--sent:#6ea0ff;--good:#4cc38a;--doubt:#e0a030;--bad:#ff7b8f;--plain:#8b95a3}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:24px;line-height:1.3;margin:0}
.about{margin:2px 0 0;color:var(--faint);overflow-wrap:anywhere}
h2{font-size:17px;margin:36px 0 10px}
h3{font-size:14px;margin:16px 0 6px;color:var(--faint);font-weight:600}
.status{border-left:5px solid var(--plain);background:var(--raised);padding:10px 14px;margin:14px 0;font-weight:600}
.status p{margin:4px 0 0;font-weight:400;overflow-wrap:anywhere}
.status.loaded{border-color:var(--good)}.status.rejects,.status.unconfirmed,.status.interrupted{border-color:var(--doubt)}.status.failed{border-color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px}
.tile{background:var(--raised);border-radius:8px;padding:10px 14px;color:var(--faint);font-size:13px}
.tile b{display:block;font-size:22px;line-height:1.3;color:var(--ink);font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:16px 0 0}
dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow:auto;max-height:440px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--rule);vertical-align:top;font-weight:400;overflow-wrap:break-word}
thead th{color:var(--faint);font-size:13px;position:sticky;top:0;background:var(--ground);z-index:1;white-space:nowrap}
tbody th{min-width:130px}.number{text-align:right}td.number{white-space:nowrap;padding-left:12px}
td.with-bar{position:relative;min-width:140px}
.with-bar span:last-child{position:relative;padding-left:6px}
.bar{position:absolute;left:0;top:4px;height:24px;opacity:.3;border-radius:2px;min-width:1px}
.bar.sent{background:var(--sent)}.bar.good{background:var(--good)}.bar.doubt{background:var(--doubt)}.bar.bad{background:var(--bad)}.bar.plain{background:var(--plain)}
svg{width:100%;height:auto}svg line{stroke:var(--rule)}svg text{fill:var(--faint);font-size:12px}
polyline{fill:none;stroke-width:2}polyline.sent{stroke:var(--sent)}polyline.good{stroke:var(--good);stroke-dasharray:6 3}
h3 .sent{color:var(--sent)}h3 .good{color:var(--good)}
code{font:13px/1.5 ui-monospace,monospace;background:var(--raised);padding:2px 6px;border-radius:4px;overflow-wrap:anywhere;white-space:pre-wrap}
ul{margin:0;padding-left:26px}li{overflow-wrap:anywhere}footer{margin-top:40px;color:var(--faint);font-size:13px}
`
