/*
  Every option of `load`, and the library's LoadOptions that they make.
*/
import type { Readable } from 'node:stream'
import type { Trace } from '../../client/trace.js'
import type { LoadOptions, ServerTarget, TargetOptions } from '../../load/options.js'
import type { SettingsOf } from './reading/definition.js'
import { deliveryOptions } from './delivery-options.js'
import { badRowOptions, inputOptions, mappingOptions, valueOptions } from './input-options.js'
import { fieldsOf, type LoadFields } from './load-field.js'
import {
  commonOptions,
  jsonOptions,
  logOptions,
  progressOptions,
  traceOptions,
} from './output-options.js'
import type { Login } from './password.js'
import { runOptions } from './run-options.js'
import { serverOptions, type ServerSettings } from './server-options.js'
import { targetOptions } from './target-options.js'

/** In the order of the help. */
export const loadOptions = {
  ...targetOptions,
  ...inputOptions,
  ...mappingOptions,
  ...valueOptions,
  ...badRowOptions,
  ...deliveryOptions,
  ...serverOptions,
  ...runOptions,
  ...progressOptions,
  ...logOptions,
  ...traceOptions,
  ...jsonOptions,
  ...commonOptions,
}

/** Every option of `load`, read. */
export type LoadSettings = SettingsOf<typeof loadOptions>

/** What the settings ask of the library, but for the journal, which depends on more than them. */
export function loadOptionsOf(
  settings: LoadSettings,
  inputs: readonly string[],
  login: Login,
  stdin: Readable,
  trace?: Trace,
): LoadOptions {
  const fields = withoutJournal(fieldsOf(loadOptions, settings))
  return {
    ...fields,
    inputs,
    server: serverTargetOf(settings, login, trace),
    target: fields.target ?? {},
    input: { ...fields.input, ...(inputs.includes('-') ? { stdin } : {}) },
  }
}

/** A folder alone makes no journal: the run must have a name. */
function withoutJournal(fields: LoadFields): Omit<LoadFields, 'journal'> {
  const others = { ...fields }
  delete others.journal
  return others
}

/** Also used before a run, to find a wrong target early. */
export function targetOptionsOf(settings: LoadSettings): TargetOptions {
  return fieldsOf(loadOptions, settings).target ?? {}
}

/** The first host is the server; the others are tried when it cannot be reached. */
export function serverTargetOf(
  settings: ServerSettings,
  login: Login,
  trace?: Trace,
): ServerTarget {
  const [first, ...otherHosts] = settings.host.map(({ host, port }) => ({
    host,
    port: port ?? settings.port,
  }))
  return {
    ...first!,
    ...login,
    ...fieldsOf(serverOptions, settings).server,
    ...(otherHosts.length === 0 ? {} : { otherHosts }),
    ...(trace === undefined ? {} : { trace }),
  }
}
