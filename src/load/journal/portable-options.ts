/*
  Converts options to the form that a journal keeps, and selects the options that determine which rows a run loads.
*/
import { constantOf, literalTemplate, templateParts } from '../../schema/template.js'
import type { LoadOptions, MappingOptions } from '../options.js'
import type { Plan } from '../plan.js'
import type { JournaledMapping } from '../inputs/row-options.js'
import {
  journalFormat,
  templatesFormat,
  transformFormat,
  type JournaledOptions,
  type JournaledServer,
} from './journal-record.js'

/** The options that another process can use to resume the run, without secrets. */
export function journaledOptions(options: LoadOptions, plan: Plan): JournaledOptions {
  const { inputs, target, mapping, cells, rejects, delivery } = options
  const { expectRows, minRows, expectTypes, expectUnique } = options
  const { stdin: _, ...input } = options.input ?? {}
  return {
    inputs,
    server: journaledServer(options.server),
    target,
    input,
    ...(mapping === undefined ? {} : { mapping: journaledMapping(mapping) }),
    ...(cells === undefined ? {} : { cells }),
    ...(rejects === undefined ? {} : { rejects }),
    ...(delivery === undefined ? {} : { delivery }),
    ...(expectRows === undefined ? {} : { expectRows }),
    ...(minRows === undefined ? {} : { minRows }),
    ...(expectTypes === undefined ? {} : { expectTypes }),
    ...(expectUnique === undefined ? {} : { expectUnique }),
    runId: plan.runId,
  }
}

/** Keeps templates apart from other texts, because older versions would take the braces of a template literally. */
function journaledMapping({ set, ...mapping }: MappingOptions): JournaledMapping {
  const texts: Record<string, string> = {}
  const templates: Record<string, string> = {}
  for (const [name, text] of Object.entries(set ?? {})) {
    const constant = constantOf(templateParts(text, name))
    if (constant === undefined) templates[name] = text
    else texts[name] = constant
  }
  return {
    ...mapping,
    ...(set === undefined ? {} : { set: texts }),
    ...(Object.keys(templates).length === 0 ? {} : { templates }),
  }
}

/** Turns recorded options into options for `load`: puts `templates` back into `mapping.set`. */
export function restoredOptions<Options extends Pick<JournaledOptions, 'mapping'>>({
  mapping,
  ...options
}: Options): Omit<Options, 'mapping'> & Pick<LoadOptions, 'mapping'> {
  if (mapping === undefined) return options
  const { set = {}, templates, ...others } = mapping
  const texts = Object.entries(set).map(([name, text]) => [name, literalTemplate(text)])
  const all = { ...(Object.fromEntries(texts) as typeof set), ...templates }
  return {
    ...options,
    mapping: { ...others, ...(Object.keys(all).length === 0 ? {} : { set: all }) },
  }
}

/** Whether older versions must not resume a run, because they would leave columns out. */
export function needsTemplates({
  mapping,
  input,
}: Pick<JournaledOptions, 'mapping' | 'input'>): boolean {
  return mapping?.templates !== undefined || input?.path !== undefined
}

/** True if the run has a transform: older versions know no transforms, so they must not resume it. */
export function needsTransform({ target }: Pick<JournaledOptions, 'target'>): boolean {
  return target.transform !== undefined
}

/** The lowest journal format that suits a run, so that earlier versions can resume runs that they understand. */
export function formatFor(options: JournaledOptions): number {
  if (needsTransform(options)) return transformFormat
  return needsTemplates(options) ? templatesFormat : journalFormat
}

const serverFields = [
  'host',
  'port',
  'otherHosts',
  'user',
  'tls',
  'caFile',
  'certFile',
  'compress',
] as const satisfies readonly (keyof JournaledServer)[]

/** Drops the password. */
function journaledServer(server: JournaledServer): JournaledServer {
  const { host, port } = server
  const known = serverFields.filter(name => server[name] !== undefined)
  return { host, port, ...Object.fromEntries(known.map(name => [name, server[name]])) }
}

/** Options that determine which rows a run loads and how the run confirms that they arrived. */
export function decidingOptions({
  target,
  input = {},
  mapping = {},
  cells = {},
  rejects = {},
  delivery = {},
}: Omit<JournaledOptions, 'mapping'> & Pick<LoadOptions, 'mapping'>): Readonly<
  Record<string, unknown>
> {
  const { flushIntervalMs: _, ...dialect } = input
  const { mode = 'async', confirm = 'auto' } = delivery
  // The limit of rejects may change. The rejects file may not change, because it holds some rejects already.
  const { file } = rejects
  return { target, input: dialect, mapping, cells, rejects: { file }, delivery: { mode, confirm } }
}

/** Names of the fields in which two sets of options differ, such as `cells.nullTexts`. */
export function differingOptions(a: JournaledOptions, b: JournaledOptions): string[] {
  const [before, now] = [a, b].map(options => decidingOptions(restoredOptions(options)))
  return Object.keys(before!).flatMap(group => {
    const one = (before![group] ?? {}) as Record<string, unknown>
    const other = (now![group] ?? {}) as Record<string, unknown>
    return [...new Set([...Object.keys(one), ...Object.keys(other)])]
      .filter(name => textOf(one[name]) !== textOf(other[name]))
      .map(name => `${group}.${name}`)
  })
}

/** Equal values have equal texts, whatever the order of their members. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
