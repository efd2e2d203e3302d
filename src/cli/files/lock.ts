/*
  `--lock NAME`: only one process at a time may hold the lock of this name.
*/
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DdbError } from '../../errors.js'
import type { FileLock, LockAnswer } from '../../platform/platform.js'
import { systemFiles } from '../../platform/system-files.js'
import { clean, systemCode } from '../output/terminal-text.js'
import { stateFolder } from './state-folder.js'

export type Lock = FileLock

type Environment = Readonly<Record<string, string | undefined>>

export function lockPath(name: string, environment: Environment): string {
  return join(stateFolder(environment), 'locks', name)
}

/**
 * Takes the lock. If the holder's state is unknown, watches for some seconds whether the holder renews the lock.
 * @param name  letters, digits and `. _ -`, as the reader of the option has checked
 * @throws {DdbError} DDB_LOCKED if the lock is or may be held, or the file is not a lock; DDB_OUTPUT_CREATE
 */
export async function takeLock(name: string, environment: Environment): Promise<Lock> {
  const path = lockPath(name, environment)
  const answer = await tryLock(path)
  if (answer.kind === 'held') return answer.lock
  throw new DdbError('DDB_LOCKED', whyNot(answer, name, path))
}

async function tryLock(path: string): Promise<LockAnswer> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    return await systemFiles.lock(path)
  } catch (error) {
    throw new DdbError(
      'DDB_OUTPUT_CREATE',
      `cannot keep the lock ${clean(path)} (${systemCode(error)}): set XDG_STATE_HOME to a folder that can be written`,
      { cause: error },
    )
  }
}

function whyNot(answer: Exclude<LockAnswer, { kind: 'held' }>, name: string, path: string): string {
  switch (answer.kind) {
    case 'strange':
      return `${clean(path)} is not a lock of ddb-ingest: remove it when nothing uses it, then try again`
    case 'contended':
      return `the lock "${name}" is taken over by other processes faster than by this one: try again`
    case 'taken': {
      const remedy = answer.isRenewed
        ? 'Try again when it has ended'
        : `This machine cannot tell whether it still runs: if it has ended, remove ${clean(path)}`
      return `the lock "${name}" is held by ${clean(answer.who)}. ${remedy}.`
    }
  }
}
