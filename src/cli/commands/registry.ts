/*
  Every command, in the order of the help.
*/
import { defineCommand, type Command } from './command.js'
import { commandModules } from './modules.js'
import { epilogues } from './help.js'
import { loadOptions } from '../options/load-options.js'
import {
  commonOptions,
  jsonOptions,
  serverOptions,
  type CommonSettings,
  type JsonSettings,
  type OptionTable,
  type ServerSettings,
} from '../options/definition.js'
import { choice, count, list, listeningPort, onOff, text } from '../options/values.js'

/** Every option of `exec`, read. */
export interface ExecSettings extends ServerSettings, JsonSettings, CommonSettings {
  script?: string
  output: 'table' | 'csv' | 'json'
}

const execOptions: OptionTable<ExecSettings> = {
  script: {
    flags: '-e, --script <script>',
    group: 'Run',
    help: 'the script itself instead of a file',
    reader: text,
    flagOnly: true,
  },
  output: {
    flags: '--output <format>',
    group: 'Output',
    help: 'table, csv or json',
    reader: choice('table', 'csv', 'json'),
    default: 'table',
  },
  ...serverOptions,
  json: { ...jsonOptions.json, help: 'the same as --output json' },
  ...commonOptions,
}

/** Every option of `serve`, read. */
export interface ServeSettings extends CommonSettings {
  host: string
  port: number
  init?: string
  requireLogin?: boolean
  allowOrigin?: readonly string[]
  discard?: boolean
}

const serveOptions: OptionTable<ServeSettings> = {
  host: {
    flags: '--host <address>',
    group: 'Server',
    help: 'address to listen on',
    reader: text,
    default: '127.0.0.1',
  },
  port: {
    flags: '--port <port>',
    group: 'Server',
    help: 'port to listen on; 0 picks a free one',
    reader: listeningPort,
    default: '8848',
  },
  init: {
    flags: '--init <file.dos>',
    group: 'Server',
    help: 'script to run as admin before anybody may connect',
    reader: text,
  },
  requireLogin: {
    flags: '--require-login',
    group: 'Server',
    help: 'guests may do nothing but log in',
    reader: onOff,
  },
  allowOrigin: {
    flags: '--allow-origin <origin,...>',
    group: 'Server',
    help: 'web pages that may connect with WebSocket',
    reader: list,
  },
  discard: {
    flags: '--discard',
    group: 'Server',
    help: 'count rows and forget them, for measurements',
    reader: onOff,
  },
  ...commonOptions,
}

/** Every option of `bench`, read. */
export interface BenchSettings extends ServerSettings, JsonSettings, CommonSettings {
  requests: number
  rows: number
}

const benchOptions: OptionTable<BenchSettings> = {
  requests: {
    flags: '--requests <n>',
    group: 'Run',
    help: 'requests in each mode',
    reader: count(1),
    default: '50000',
  },
  rows: {
    flags: '--rows <n>',
    group: 'Run',
    help: 'rows a request',
    reader: count(1),
    default: '100',
  },
  ...serverOptions,
  ...jsonOptions,
  ...commonOptions,
}

/** The tour takes no settings of the user's own server. */
export interface DemoSettings {
  noColor?: boolean
}

const clientPrefix = 'DDB_INGEST_'

export const commands: readonly Command[] = [
  defineCommand({
    name: 'load',
    group: 'Load',
    summary:
      'stream files or standard input into a table or function, and prove that every row landed',
    args: '[source...]',
    options: loadOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.load,
    load: commandModules.load,
  }),
  defineCommand({
    name: 'exec',
    group: 'Server',
    summary: 'run a DolphinDB script and print its result',
    args: '[file.dos]',
    options: execOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.exec,
    load: commandModules.exec,
  }),
  defineCommand({
    name: 'serve',
    group: 'Server',
    summary:
      'the embedded DolphinDB-compatible server, in the foreground or for as long as a command runs',
    args: '',
    options: serveOptions,
    environmentPrefix: 'DDB_INGEST_SERVE_',
    takesSharedConfig: false,
    epilogue: epilogues.serve,
    load: commandModules.serve,
  }),
  defineCommand({
    name: 'demo',
    group: 'Tools',
    summary: 'a tour of the three asynchronous ways of writing, on the embedded server',
    args: '',
    options: { noColor: commonOptions.noColor } satisfies OptionTable<DemoSettings>,
    environmentPrefix: 'DDB_INGEST_DEMO_',
    takesSharedConfig: false,
    epilogue: epilogues.demo,
    load: commandModules.demo,
  }),
  defineCommand({
    name: 'bench',
    group: 'Tools',
    summary: 'measure asynchronous against synchronous writing: 50,000 requests of 100 rows',
    args: '',
    options: benchOptions,
    environmentPrefix: clientPrefix,
    takesSharedConfig: true,
    epilogue: epilogues.bench,
    load: commandModules.bench,
  }),
]
