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

function replayCommand(seed: number): string {
  return `npm run simulate -- --from ${seed} --seeds 1 --trace`
}

/** @param simulation  must have a trace */
export function failureText({ scenario, complaints, trace }: Simulation): string {
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
    `again: ${replayCommand(scenario.seed)}`,
    '',
  ].join('\n')
}
