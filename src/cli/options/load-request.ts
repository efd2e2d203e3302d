/*
  The settings of `load` as the library's LoadOptions.
*/
import type { Readable } from 'node:stream'
import type { LoadOptions, ServerTarget, TargetOptions } from '../../load/options.js'
import { defined } from './defined.js'
import type { LoadSettings } from './load-settings.js'
import type { ServerSettings } from './definition.js'
import type { Credentials } from './password.js'

/** Settings that were not given stay out: their defaults are the library's. */
export function loadOptionsOf(
  settings: LoadSettings,
  inputs: readonly string[],
  credentials: Credentials,
  stdin: Readable,
): LoadOptions {
  return {
    inputs,
    server: serverTargetOf(settings, credentials),
    target: targetOptionsOf(settings),
    input: defined({
      format: settings.format,
      compression: settings.compression,
      delimiter: settings.delimiter,
      quote: settings.quote,
      escape: settings.escape,
      comment: settings.comment,
      header: settings.header,
      skipLines: settings.skipLines,
      limit: settings.limit,
      arrayDelimiter: settings.arrayDelimiter,
      flushIntervalMs: settings.flushInterval,
      stdin: inputs.includes('-') ? stdin : undefined,
    }),
    mapping: defined({
      match: settings.match,
      map: settings.map,
      set: settings.set,
      ignoreExtra: settings.ignoreExtra,
      allowMissing: settings.allowMissing,
    }),
    cells: defined({
      nullTexts: settings.null,
      dateFormats: settings.dateFormat,
      lenient: settings.lenient,
    }),
    rejects: defined({
      onError: settings.onError,
      maxErrors: settings.maxErrors,
      file: settings.rejects,
    }),
    delivery: defined({
      mode: settings.mode,
      confirm: settings.confirm,
      confirmTimeoutMs: settings.confirmTimeout,
      batchRows: settings.batchRows,
      batchBytes: settings.batchBytes,
      maxInFlightBytes: settings.maxInFlight,
      connections: settings.connections,
      retries: settings.retries,
      retryTimeoutMs: settings.retryTimeout,
      onDoubt: settings.onDoubt,
      rateLimit: settings.rateLimit,
    }),
    ...defined({ expectRows: settings.expectRows, runId: settings.runId }),
  }
}

/** Also used before a run, to find a wrong target early. */
export function targetOptionsOf(settings: LoadSettings): TargetOptions {
  return defined({
    table: settings.table,
    method: settings.method,
    keyColumns: settings.keyColumns,
    function: settings.function,
    functionArguments: settings.functionArg?.map(({ value }) => value),
    types: settings.types,
    typesFrom: settings.typesFrom,
    confirmTable: settings.confirmTable,
  })
}

/** The first host is the server; the others are tried when it cannot be reached. */
export function serverTargetOf(settings: ServerSettings, credentials: Credentials): ServerTarget {
  const [first, ...others] = settings.host.map(({ host, port }) => ({
    host,
    port: port ?? settings.port,
  }))
  return {
    ...first!,
    ...credentials,
    ...defined({
      insecureLogin: settings.insecureLogin,
      allowRedirect: settings.allowRedirect,
      otherHosts: others.length === 0 ? undefined : others,
    }),
    connectTimeoutMs: settings.connectTimeout,
  }
}
