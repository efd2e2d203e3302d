/*
  The cost of a start: compares printing the version, and loading ten rows, with a Node process that does nothing.
*/
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { alternate, program, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { load, startSink, stopCounting } from './lib/sink.js'

const idle = async () => (await runNode(['-e', '0'])).seconds

export async function measure({ repeats }) {
  // Processes of a twentieth of a second vary more than long loads, and cost less to repeat.
  const times = repeats * 4
  return withFolder(async folder => {
    const path = await writeInput(folder, 'narrow.csv', 10)
    const sink = await startSink(await writeTables(folder))
    const version = await alternate(
      async () => (await runNode([program, '--version'])).seconds,
      idle,
      times,
    )
    const tenRows = await alternate(
      async () => (await load(sink, path, 'trades')).seconds,
      idle,
      times,
    )
    await stopCounting(sink, 10 * times)
    return [
      { work: '--version against node -e 0', medians: version, bar: { atMost: 1.5 } },
      { work: 'a load of ten rows against node -e 0', medians: tenRows, bar: { atMost: 3 } },
    ].map(({ work, medians: { ours, reference }, bar }) => ({
      work,
      unit: 's',
      ours,
      reference,
      ratio: ours / reference,
      bar,
    }))
  })
}

await runAlone(import.meta.url, 'startup', measure)
