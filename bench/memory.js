/*
  Peak memory of a whole load: for inputs of about 100 MB and 400 MB (2 GB with --large), and for an input whose rows are all
  rejected. Memory must not grow with the input. The figures are the kernel's peak of resident memory, not the loader's own count.
*/
import { join } from 'node:path'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { median } from './lib/measure.js'
import { figureOf } from './lib/report.js'
import { load, startSink, stopCounting } from './lib/sink.js'

const rowsOf100MB = 2_500_000
const rejectedRows = 1_000_000
const ceilingMB = 150

async function peakMB(sink, path, repeats, { flagsOf = () => [], exitCode = 0 } = {}) {
  const peaks = []
  for (let run = 0; run < repeats; run++) {
    const options = { watchMemory: true, exitCode }
    const { peakRssBytes } = await load(sink, path, 'trades', options, flagsOf(run))
    if (peakRssBytes === 0) throw new Error('this platform does not tell the peak of a process')
    peaks.push(peakRssBytes / 1e6)
  }
  return median(peaks)
}

/** The peak against its limit, and the peak of the long input against the peak of the short one. */
export async function measure({ repeats, scale, large }) {
  return withFolder(async folder => {
    const times = large ? 20 : 4
    const rows = Math.round(rowsOf100MB * scale)
    const sink = await startSink(await writeTables(folder))
    const peaks = []
    for (const count of [rows, rows * times]) {
      const path = await writeInput(folder, 'narrow.csv', count)
      peaks.push(await peakMB(sink, path, repeats))
    }
    const [short, long] = peaks
    const rejectedPath = await writeInput(folder, 'rejected.csv', Math.round(rejectedRows * scale))
    const flagsOf = run => ['--rejects', join(folder, `${run}.csv`), '--max-errors', '100%']
    const rejected = await peakMB(sink, rejectedPath, repeats, { flagsOf, exitCode: 3 })
    await stopCounting(sink, rows * (1 + times) * repeats)
    const figure = (work, ours, reference, atMost) => ({
      ...figureOf(work, { ours, reference }, { atMost }),
      unit: 'MB',
    })
    return [
      figure('memory of a 100 MB load, against the ceiling', short, ceilingMB, 1),
      figure(`memory of a load ${times} times as long, against the short one`, long, short, 1.1),
      figure('memory of a load of rejected rows, against one without', rejected, short, 1.1),
    ]
  })
}
