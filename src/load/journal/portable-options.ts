/*
  Converts options to the form that a journal keeps, and selects the options that determine which rows a run loads.
*/
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { LoadOptions } from '../options.js'
import { defined, type CheckedOptions } from '../checked-options.js'
import {
  serverFields,
  type JournaledOptions,
  type JournaledServer,
  type NamedInput,
} from './journal-record.js'

/** The options that another process can use to resume the run, without secrets. */
export function journaledOptions(options: LoadOptions, checked: CheckedOptions): JournaledOptions {
  const { inputs, target, mapping, cells, rejects, delivery, expectRows, server } = options
  const { stdin: _, ...input } = options.input ?? {}
  // Drops the password.
  const journaled = Object.fromEntries(serverFields.map(name => [name, server[name]]))
  return {
    ...{ inputs, server: defined(journaled) as JournaledServer, target, input },
    ...defined({ mapping, cells, rejects, delivery, expectRows }),
    runId: checked.runId,
  }
}

/** Options that determine which rows a run loads and how the run confirms that they arrived. */
export function decidingOptions(options: JournaledOptions) {
  const { target, input = {}, mapping = {}, cells = {}, rejects = {}, delivery = {} } = options
  const { flushIntervalMs: _, ...dialect } = input
  const { mode = 'async', confirm = 'auto' } = delivery
  // The limit of rejects may change. The rejects file may not change, because it holds some rejects already.
  const { file } = rejects
  return { target, input: dialect, mapping, cells, rejects: { file }, delivery: { mode, confirm } }
}

/** Identifies what a run loads, on any machine: names and contents of inputs, and options that decide about rows. 32 hexadecimal digits. */
export function runDigest(
  options: LoadOptions,
  checked: CheckedOptions,
  inputs: readonly Pick<NamedInput, 'path' | 'fingerprint'>[],
): string {
  const { target, input, mapping, cells } = decidingOptions(journaledOptions(options, checked))
  const files = inputs.map(({ path, fingerprint: { sizeBytes, head, tail } }) => {
    return [basename(path), sizeBytes, head, tail]
  })
  const text = textOf({ target, input, mapping, cells, files })
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** Names of the fields in which two sets of options differ, such as `cells.nullTexts`. */
export function differingOptions(a: JournaledOptions, b: JournaledOptions): string[] {
  const [before, now] = [a, b].map(decidingOptions) as Readonly<Record<string, object>>[]
  return Object.entries(before!).flatMap(([group, fields]) => {
    const one: Readonly<Record<string, unknown>> = { ...fields }
    const other: Readonly<Record<string, unknown>> = { ...now![group] }
    return [...new Set([...Object.keys(one), ...Object.keys(other)])]
      .filter(name => textOf(one[name]) !== textOf(other[name]))
      .map(name => `${group}.${name}`)
  })
}

/** Equal values have equal texts, whatever the order of their members. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
