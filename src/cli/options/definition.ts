/*
  What an option is, and the options that several commands share. One definition drives the command line, the
  environment, configuration files, --print-config and the help.
*/
import {
  choice,
  duration,
  hosts,
  list,
  onOff,
  port,
  text,
  type HostAddress,
  type Reader,
} from './values.js'

/** Heading of the help under which an option stands. */
export type OptionGroup =
  'Target' | 'Input' | 'Mapping' | 'Values' | 'Bad rows' | 'Delivery' | 'Server' | 'Run' | 'Output'

/** One option, wherever it may be set. */
export interface OptionDefinition<T> {
  /** `-b, --batch-rows <n>`, as commander reads it. */
  readonly flags: string
  readonly group: OptionGroup
  readonly help: string
  readonly reader: Reader<T>
  /** Text for the reader. */
  readonly default?: string
  /** Where the default depends on something else: said in the help, decided later. */
  readonly defaultNote?: string
  /** Environment variables besides DDB_INGEST_<OPTION>. */
  readonly environment?: readonly string[]
  /** Only meaningful on the command line: neither environment nor configuration file may set it. */
  readonly flagOnly?: boolean
}

/** The options of a command: one definition for each of its settings. */
export type OptionTable<Settings> = {
  readonly [Key in keyof Settings]-?: OptionDefinition<Exclude<Settings[Key], undefined>>
}

/** `batch-rows` of `-b, --batch-rows <n>`. */
export function longName(definition: OptionDefinition<unknown>): string {
  return /--([a-z-]+)/.exec(definition.flags)![1]!
}

/** What every command that connects to a server is told. */
export interface ServerSettings {
  host: readonly HostAddress[]
  port: number
  user?: string
  passwordFile?: string
  passwordStdin?: boolean
  insecureLogin?: boolean
  allowRedirect?: readonly string[]
  connectTimeout: number
}

/** Of every command that connects to a server. */
export const serverOptions: OptionTable<ServerSettings> = {
  host: {
    flags: '--host <host[:port],...>',
    group: 'Server',
    help: 'the server; several are tried in order',
    reader: hosts,
    default: '127.0.0.1',
    environment: ['DDB_HOST'],
  },
  port: {
    flags: '--port <port>',
    group: 'Server',
    help: 'its port, where --host names none',
    reader: port,
    default: '8848',
    environment: ['DDB_PORT'],
  },
  user: {
    flags: '--user <name>',
    group: 'Server',
    help: 'log in as; the password comes from one of the next two, from DDB_PASSWORD, or is asked for',
    reader: text,
    environment: ['DDB_USER'],
  },
  passwordFile: {
    flags: '--password-file <file>',
    group: 'Server',
    help: 'the password is the first line of this file',
    reader: text,
    environment: ['DDB_PASSWORD_FILE'],
  },
  passwordStdin: {
    flags: '--password-stdin',
    group: 'Server',
    help: 'the password is the first line of standard input',
    reader: onOff,
    flagOnly: true,
  },
  insecureLogin: {
    flags: '--insecure-login',
    group: 'Server',
    help: 'a password may leave this machine unencrypted',
    reader: onOff,
  },
  allowRedirect: {
    flags: '--allow-redirect <host,...>',
    group: 'Server',
    help: 'further hosts that a cluster may send us to',
    reader: list,
  },
  connectTimeout: {
    flags: '--connect-timeout <time>',
    group: 'Server',
    help: 'for all hosts and all tries together',
    reader: duration,
    default: '10s',
  },
}

/** Where settings come from, and how much is said; every command has these. */
export interface CommonSettings {
  verbose?: boolean
  noColor?: boolean
  config?: string
  printConfig?: boolean
}

/** Of every command but `demo`. */
export const commonOptions: OptionTable<CommonSettings> = {
  verbose: {
    flags: '-v, --verbose',
    group: 'Output',
    help: 'say more on standard error',
    reader: onOff,
  },
  noColor: {
    flags: '--no-color',
    group: 'Output',
    help: 'no colours',
    reader: onOff,
    flagOnly: true,
  },
  config: {
    flags: '--config <file>',
    group: 'Output',
    help: 'read settings from this JSON file',
    reader: text,
  },
  printConfig: {
    flags: '--print-config',
    group: 'Output',
    help: 'print each setting with its origin, then end',
    reader: onOff,
    flagOnly: true,
  },
}

/** How a run is watched; what each means is decided by `startProgress`. */
export type ProgressStyle = 'auto' | 'bar' | 'plain' | 'none'

/** Of commands that have a progress to show. */
export interface ProgressSettings {
  progress: ProgressStyle
  quiet?: boolean
}

export const progressOptions: OptionTable<ProgressSettings> = {
  progress: {
    flags: '--progress <style>',
    group: 'Output',
    help: 'auto, bar, plain or none; auto is a bar on a terminal, else a line every 10 s',
    reader: choice('auto', 'bar', 'plain', 'none'),
    default: 'auto',
  },
  quiet: {
    flags: '-q, --quiet',
    group: 'Output',
    help: 'print nothing at all on success',
    reader: onOff,
  },
}

/** Of commands whose result can be one JSON object. */
export interface JsonSettings {
  json?: boolean
}

export const jsonOptions: OptionTable<JsonSettings> = {
  json: {
    flags: '--json',
    group: 'Output',
    help: 'print exactly one JSON object on standard output',
    reader: onOff,
  },
}
