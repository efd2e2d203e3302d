/*
  The style and script of the --report page. Both are strings here, because only the browser uses them.
*/

/** The style for a light and a dark page; each tone has a contrast of at least 3 to 1 with its background. */
export const style = `
:root{color-scheme:light dark;--ground:#fff;--raised:#f5f6f8;--ink:#1b1f24;--faint:#5a6472;--rule:#d8dce2;
--sent:#2f6fdb;--good:#1a7f4b;--doubt:#a86400;--bad:#c4314b;--plain:#6b7685}
@media (prefers-color-scheme:dark){:root{--ground:#14171b;--raised:#1e2329;--ink:#e8eaed;--faint:#a3adba;--rule:#38404a;
--sent:#6ea0ff;--good:#4cc38a;--doubt:#e0a030;--bad:#ff7b8f;--plain:#8b95a3}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 20px 48px}
body [lang=zh],html[data-lang=zh] body [lang=en]{display:none}html[data-lang=zh] body [lang=zh]{display:revert}
header{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:baseline}
h1{font-size:24px;line-height:1.3;margin:0;flex:1 1 auto}
.about{margin:2px 0 0;color:var(--faint);overflow-wrap:anywhere}
h2{font-size:17px;margin:36px 0 10px}
h3{font-size:14px;margin:16px 0 6px;color:var(--faint);font-weight:600}
button{font:inherit;font-size:13px;color:var(--ink);background:var(--raised);border:1px solid var(--rule);border-radius:6px;padding:3px 10px;cursor:pointer}
.status{border-left:5px solid var(--plain);background:var(--raised);padding:10px 14px;margin:14px 0;font-weight:600}
.status p{margin:4px 0 0;font-weight:400;overflow-wrap:anywhere}
.status.loaded{border-color:var(--good)}.status.rejects,.status.unconfirmed,.status.interrupted{border-color:var(--doubt)}.status.failed{border-color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px}
.tile{background:var(--raised);border-radius:8px;padding:10px 14px}
.tile b{display:block;font-size:22px;line-height:1.3;font-variant-numeric:tabular-nums}
.tile span{color:var(--faint);font-size:13px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:16px 0 0}
dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;max-height:440px;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--rule);vertical-align:top;font-weight:400;overflow-wrap:break-word}
thead th{color:var(--faint);font-size:13px;position:sticky;top:0;background:var(--ground);z-index:1}
thead th{white-space:nowrap}tbody th{min-width:130px}td.number{white-space:nowrap}.number{text-align:right}td.number{padding-left:12px}td.number:last-child,th.number:last-child{padding-right:0}
td.with-bar{position:relative;min-width:140px}
.with-bar span:last-child{position:relative;padding-left:6px}
.bar{position:absolute;left:0;top:4px;height:24px;opacity:.3;border-radius:2px;min-width:1px}
.bar.sent{background:var(--sent)}.bar.good{background:var(--good)}.bar.doubt{background:var(--doubt)}.bar.bad{background:var(--bad)}.bar.plain{background:var(--plain)}
.stack{display:flex;height:18px;border-radius:4px;overflow:hidden;margin-bottom:10px}
.stack .bar{position:static;height:auto;opacity:1;border-radius:0}
.chart{min-height:240px}
details{margin:6px 0}summary{cursor:pointer;color:var(--faint);font-size:13px}
code{font:13px/1.5 ui-monospace,monospace;background:var(--raised);padding:2px 6px;border-radius:4px;overflow-wrap:anywhere;white-space:pre-wrap}
ul{margin:0;padding-left:26px}li{min-width:110px;overflow-wrap:anywhere}footer{margin-top:40px;color:var(--faint);font-size:13px}
.u-legend{font-size:13px;color:var(--ink)}.u-legend th,.u-legend td{border:0;min-width:0}
@media (max-width:560px){td.with-bar,tbody th{min-width:84px}}
@media print{button,details{display:none}}
`

/** Draws the charts from the page's data, and redraws them if language, background or width change. */
export const script = `
(() => {
  const root = document.documentElement
  const data = JSON.parse(document.getElementById('moments').textContent)
  const charts = []
  const tone = name => getComputedStyle(root).getPropertyValue('--' + name).trim()
  const word = words => words[root.dataset.lang === 'zh' ? 1 : 0]
  const rounded = value => Math.round(value).toLocaleString('en-US')
  // Legends show these values while no mouse points at the chart: the last value and the mean speed.
  const last = values => values.at(-1)
  const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length
  const line = (idle, label, color, dash) => ({
    label: word(label), stroke: tone(color), width: 2, dash, points: { show: false },
    value: (chart, value, at) => rounded(value ?? idle(chart.data[at])),
  })
  const axis = more => ({ stroke: tone('faint'), grid: { stroke: tone('rule'), width: 1 }, ticks: { stroke: tone('rule'), width: 1 }, ...more })
  const short = value => value >= 1e6 ? value / 1e6 + ' M' : value >= 1e3 ? value / 1e3 + ' k' : String(+value.toFixed(6))
  const draw = () => {
    for (const chart of charts.splice(0)) chart.destroy()
    for (const [id, columns] of Object.entries(data.charts)) {
      const place = document.getElementById(id)
      if (place === null) continue
      const idle = id === 'speed' ? mean : last
      const span = (id === 'speed' ? columns[0][0].toFixed(2) + ' – ' : '') + last(columns[0])?.toFixed(2)
      charts.push(new uPlot({
        width: Math.max(280, place.clientWidth), height: 260,
        scales: { x: { time: false, range: (_, low, high) => [0, high] }, y: { range: (_, low, high) => [0, Math.max(1, high * 1.05)] } },
        axes: [axis({ values: (_, ticks) => ticks.map(short) }), axis({ size: 70, values: (_, ticks) => ticks.map(short) })],
        series: [
          { label: word(data.words.seconds), value: (_, value) => value?.toFixed(2) ?? span },
          line(idle, data.words.sent, 'sent'), line(idle, data.words.confirmed, 'good', [6, 3]),
        ],
      }, columns, place))
    }
  }
  const speak = lang => { root.dataset.lang = lang; root.lang = lang === 'zh' ? 'zh-CN' : 'en'; draw() }
  document.getElementById('language').addEventListener('click', () => speak(root.dataset.lang === 'zh' ? 'en' : 'zh'))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
  let timer
  addEventListener('resize', () => { clearTimeout(timer); timer = setTimeout(draw, 150) })
  speak(root.dataset.lang ?? (navigator.language.startsWith('zh') ? 'zh' : 'en'))
})()
`
