/*
  Builds the content of the --report file, including the plotting library.
*/
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { LoadResult } from '../../load/options.js'
import type { ResultContent } from '../files/result-file.js'
import { reportPage, type Plotting, type PageContent } from './page.js'
import type { Timeline } from './timeline.js'

export { newTimeline } from './timeline.js'

/**
 * The page for `--report`. Call this before the run, so that a missing plotting library fails early.
 * @param shownOf  returns what the page shows besides the result
 */
export async function reportContent(
  timeline: Timeline,
  shownOf: (result: LoadResult) => PageContent,
): Promise<ResultContent<LoadResult>> {
  const plotting = await readPlotting()
  return {
    name: 'report',
    textOf: result => reportPage(result, timeline.moments(), plotting, shownOf(result)),
  }
}

async function readPlotting(): Promise<Plotting> {
  const textOf = (name: string): Promise<string> =>
    readFile(fileURLToPath(import.meta.resolve(`uplot/dist/${name}`)), 'utf8')
  const [script, style] = await Promise.all([textOf('uPlot.iife.min.js'), textOf('uPlot.min.css')])
  return { script, style }
}
