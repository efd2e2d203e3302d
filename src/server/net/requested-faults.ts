/*
  Faults by name, for people who want to see what their clients do about them: `serve --fault ChunkInRecovery:5`
  (docs/server-semantics.md#refusals).
*/
import { UsageError } from '../../errors.js'
import type { Faults } from './faults.js'

/** What a cluster says when the same write would succeed a little later. */
const transientTags = [
  'ChunkInTransaction',
  'ChunkInRecovery',
  'DataNodeNotAvail',
  'DataNodeNotReady',
  'ControllerNotAvail',
  'ControllerNotReady',
  'CacheInvalid',
  'NotLeader',
]

/** The same without a tag. */
const transientNumbers = ['S00002', 'S01012', 'S01019', 'S01070', 'S01071', 'S03020']

const forget = 'forget'

/** Every name, for help and errors. */
export const faultNames: readonly string[] = [...transientTags, ...transientNumbers, forget]

const defaultEvery = 10

/**
 * @param text  `NAME` or `NAME:N`. Every N-th insert of a table is refused with that tag or RefId; with `forget` every
 *   N-th request of a session finds its session forgotten. N is 10 when left out
 * @throws {UsageError} DDB_USAGE
 */
export function requestedFaults(text: string): Faults {
  const [, name, count] = /^(\w+)(?::(\d{1,9}))?$/.exec(text) ?? []
  const every = count === undefined ? defaultEvery : Number(count)
  if (name === undefined || !faultNames.includes(name) || every === 0) {
    throw new UsageError(
      'DDB_USAGE',
      `fault must be NAME or NAME:N, with NAME one of ${faultNames.join(', ')}, not ${JSON.stringify(text)}.`,
    )
  }
  return name === forget ? forgetting(every) : refusing(refusalText(name), every)
}

function refusing(error: string, every: number): Faults {
  let writes = 0
  return {
    beforeWrite: ({ rows }) => (rows > 0 && ++writes % every === 0 ? { error } : undefined),
  }
}

function forgetting(every: number): Faults {
  return {
    beforeExecute: ({ kind, requestNumber }) =>
      kind !== 'connect' && requestNumber % every === 0 ? forget : undefined,
  }
}

function refusalText(name: string): string {
  const words = 'The insert was refused because this server was asked to (fault).'
  return transientTags.includes(name) ? `<${name}>${words}` : `${words} RefId: ${name}`
}
