/* The printed text for a seed that failed. */
import type { Scenario } from './scenario.js'
import type { Simulation } from './simulate.js'

/** Number of lines shown from the beginning and from the end of a trace. */
const firstLines = 12
const lastLines = 48
const longestLine = 200

/** The scenario of a seed, without the rows. */
export function scenarioText(scenario: Scenario): string {
  const { script, ...kind } = scenario.kind
  const shown = (key: string, value: unknown): unknown =>
    key === 'rows' ? (value as unknown[]).length : value === Infinity ? 'never' : value
  return `${JSON.stringify({ ...scenario, kind }, shown, 1)}\n${script}`
}

/** @param simulation  must have a trace @param isResumed  whether `simulateResumed` has played it */
export function failureText(
  { scenario, complaints, trace }: Simulation,
  isResumed: boolean,
): string {
  const shown =
    trace.length <= firstLines + lastLines
      ? trace
      : [
          ...trace.slice(0, firstLines),
          `  … ${trace.length - firstLines - lastLines} lines …`,
          ...trace.slice(-lastLines),
        ]
  return [
    `seed ${scenario.seed} FAILED`,
    ...complaints.map(({ about, text }) => `  ${about}: ${text}`),
    scenarioText(scenario),
    ...shown.map(line => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line)),
    `again: npm run simulate -- --from ${scenario.seed} --seeds 1 --trace${isResumed ? ' --resumed' : ''}`,
    '',
  ].join('\n')
}
