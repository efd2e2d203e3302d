/*
  A memory of facts about servers, which a test can inspect.
*/
import type { LoadServer } from './load-server.js'
import type { KnownServer, ServerAddress, ServerMemory } from '../../src/load/options.js'

export interface TestMemory extends ServerMemory {
  /** All stored facts, in order. */
  readonly kept: { readonly address: ServerAddress; readonly known: KnownServer }[]
}

/** A memory that ignores the address of a server. @param known  facts that the memory contains at the start */
export function serverMemory(known?: KnownServer): TestMemory {
  const kept: TestMemory['kept'] = []
  return {
    kept,
    known: () => kept.at(-1)?.known ?? known,
    keep: (address, found) => void kept.push({ address, known: found }),
  }
}

export async function versionOf({ session }: LoadServer): Promise<string> {
  const answer = await session.run('version()')
  return answer?.form === 'scalar' && typeof answer.value === 'string' ? answer.value : ''
}
