/*
  Shows on a terminal what `schema` reads, if that takes over a second: otherwise a slow pipe would look like a hang.
*/
import type { ReadingPlace } from '../../../infer/findings.js'
import { canRedraw, type Output } from '../../output/output.js'
import { lookText, openBar, signsOf, type Bar } from '../../output/progress.js'
import type { ProcessEnvironment } from '../../process-environment.js'

export interface ReadingDisplay {
  onLook(this: void, place: ReadingPlace): void
  stop(this: void): void
}

const longestSilenceMs = 1000
/** A timer redraws the line, because a pipe that delivers nothing causes no event. */
const drawnEveryMs = 200

export function showReading(
  output: Output,
  { stderr, environment }: Pick<ProcessEnvironment, 'stderr' | 'environment'>,
): ReadingDisplay {
  let place: ReadingPlace | undefined
  let bar: Bar | undefined
  let timer: NodeJS.Timeout | undefined
  let isOver = stderr.isTTY !== true
  const draw = (): void => {
    const { number = 1, count = 1, source } = place ?? {}
    const { bytesRead = 0, totalBytes } = source ?? {}
    const at = { input: { number, count }, bytesRead, totalBytes }
    bar?.show(columns => [lookText(at, Math.max(columns - 1, 1), signsOf(environment))])
  }
  const begin = async (): Promise<void> => {
    output.note(
      'looking at every value of the inputs: --sample 10000 looks only at the first records',
    )
    if (!canRedraw(stderr, environment)) return
    bar = await openBar(output, stderr)
    if (isOver) return
    draw()
    timer = setInterval(draw, drawnEveryMs)
  }
  if (!isOver) timer = setTimeout(() => void begin(), longestSilenceMs)
  return {
    onLook: at => (place = at),
    stop() {
      isOver = true
      clearTimeout(timer)
      bar?.stop()
    },
  }
}
