/*
  npm run simulate: any number of seeds, or one with its trace.
*/
import { simulate } from './simulate.js'

const [first = '1', count = '100', traced] = process.argv.slice(2)
const started = performance.now()
let failed = 0
let events = 0
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  const { complaints, trace, eventCount, scenario } = await simulate(seed, traced !== undefined)
  events += eventCount
  if (complaints.length > 0) {
    failed++
    console.log(seed, scenario.kind.name, JSON.stringify(complaints.slice(0, 3)))
  }
  if (traced !== undefined) {
    console.log(JSON.stringify(scenario, (k, v) => (k === 'rows' ? v.length : v), 1))
    console.log(trace.join('\n'))
  }
}
const seconds = (performance.now() - started) / 1000
console.log(
  `${count} seeds, ${failed} failed, ${(Number(count) / seconds).toFixed(1)} seeds/s, ${events} events`,
)
