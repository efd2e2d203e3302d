/*
  Every option of `load`, and how they become the library's LoadOptions.
*/
import type { Trace } from '../../client/trace.js'
import type { LoadOptions, ServerTarget, TargetOptions } from '../../load/options.js'
import { parseTarget } from '../../load/target/target.js'
import { defined, fieldsOf, type SettingsOf } from './reading/definition.js'
import { deliveryOptions, runOptions, targetOptions } from './delivery-options.js'
import { badRowOptions, inputOptions, mappingOptions, valueOptions } from './input-options.js'
import { commonOptions, jsonToOptions, quietOptions, traceOptions } from './output-options.js'
import { readCredentials, type Login, type LoginCall } from './password.js'
import { serverOptions, type ServerSettings } from './server-options.js'

/** All options, in the order of the help. */
export const loadOptions = {
  ...targetOptions,
  ...inputOptions,
  ...mappingOptions,
  ...valueOptions,
  ...badRowOptions,
  ...deliveryOptions,
  ...serverOptions,
  ...runOptions,
  ...quietOptions,
  ...traceOptions,
  ...jsonToOptions,
  ...commonOptions,
}

/** Options that a check lacks: it sends nothing, so charts and metrics would be empty. */
export const loadOnlyOptions = ['report', 'metrics-file'] as const

export type LoadSettings = SettingsOf<typeof loadOptions>

/**
 * The options for the library, including the password but not the journal, which depends on more than the settings.
 * @throws {UsageError} for a wrong target or login
 */
export async function loadOptionsOf(
  settings: LoadSettings,
  inputs: readonly string[],
  call: LoginCall,
  trace?: Trace,
): Promise<LoadOptions> {
  // A folder is not enough for a journal: the run must have a name.
  const { journal: _, target = {}, ...fields } = fieldsOf(loadOptions, settings)
  parseTarget(target)
  const fromStdin = inputs.includes('-')
  const { stdin } = fromStdin ? call.processEnvironment : {}
  const server = await serverOf(settings, call, trace, fromStdin)
  return { ...fields, inputs, server, target, input: defined({ ...fields.input, stdin }) }
}

/** The server with its login. @param dataOnStdin  if true, the password cannot come from standard input */
export async function serverOf(
  settings: ServerSettings & { readonly quiet?: boolean },
  call: LoginCall,
  trace?: Trace,
  dataOnStdin?: boolean,
): Promise<ServerTarget> {
  return serverTargetOf(settings, await readCredentials(settings, call, dataOnStdin), trace)
}

/** The target that the user asked for. The result names it if a command fails before its run. */
export function targetOptionsOf(settings: LoadSettings): TargetOptions {
  return fieldsOf(loadOptions, settings).target ?? {}
}

/** The first host is the server; the others are tried if it cannot be reached. */
export function serverTargetOf(
  settings: ServerSettings,
  login: Login,
  trace?: Trace,
): ServerTarget {
  const [first, ...others] = settings.host
  return {
    ...first,
    ...login,
    ...fieldsOf(serverOptions, settings).server,
    ...(others.length === 0 ? {} : { otherHosts: others }),
    ...(trace === undefined ? {} : { trace }),
  }
}
