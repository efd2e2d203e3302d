/*
  Functions that convert to temporal types, and what time it is (DolphinDB manual, pages date, month, now and so on).
*/
import type { Builtin } from '../../values/builtin.js'
import { booleanArgument } from '../arguments.js'
import { conversion } from '../types/conversion.js'

const msPerDay = 86_400_000

/** now([nanoSecond=false]): the node's wall clock, in its own time zone. */
const now: Builtin = {
  name: 'now',
  parameters: ['nanoSecond'],
  minArguments: 0,
  maxArguments: 1,
  call: ({ node }, [nanoSecond]) => {
    const ms = BigInt(Math.floor(wallClockMs(node.now())))
    return booleanArgument(nanoSecond, 'nanoSecond', false)
      ? { form: 'scalar', type: 'NANOTIMESTAMP', value: ms * 1_000_000n }
      : { form: 'scalar', type: 'TIMESTAMP', value: ms }
  },
}

/** today(): the date of now(). */
const today: Builtin = {
  name: 'today',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: ({ node }) => ({
    form: 'scalar',
    type: 'DATE',
    value: Math.floor(wallClockMs(node.now()) / msPerDay),
  }),
}

export const temporalFunctions: readonly Builtin[] = [
  conversion('date', 'DATE'),
  conversion('month', 'MONTH'),
  conversion('time', 'TIME'),
  conversion('minute', 'MINUTE'),
  conversion('second', 'SECOND'),
  conversion('datetime', 'DATETIME'),
  conversion('timestamp', 'TIMESTAMP'),
  conversion('nanotime', 'NANOTIME'),
  conversion('nanotimestamp', 'NANOTIMESTAMP'),
  conversion('datehour', 'DATEHOUR'),
  now,
  today,
]

/** Milliseconds since 1970 as the clock on the wall shows them. */
function wallClockMs(epochMs: number): number {
  return epochMs - new Date(epochMs).getTimezoneOffset() * 60_000
}
