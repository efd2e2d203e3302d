/*
  The options of every command that connects to a server.
*/
import { optionGroup, type SettingsOf } from './definition.js'
import { duration, hosts, list, onOff, port, text } from './readers.js'

/** Which server, and who logs in. */
export const serverOptions = optionGroup('Server', {
  host: {
    flags: '--host <host[:port],...>',
    help: 'the server; several are tried in order',
    reader: hosts,
    default: '127.0.0.1',
    environment: ['DDB_HOST'],
  },
  port: {
    flags: '--port <port>',
    help: 'its port, where --host names none',
    reader: port,
    default: '8848',
    environment: ['DDB_PORT'],
  },
  user: {
    flags: '--user <name>',
    help: 'log in as; the password comes from one of the next two, from DDB_PASSWORD, or is asked for',
    reader: text,
    environment: ['DDB_USER'],
  },
  passwordFile: {
    flags: '--password-file <file>',
    help: 'the password is the first line of this file',
    reader: text,
    environment: ['DDB_PASSWORD_FILE'],
  },
  passwordStdin: {
    flags: '--password-stdin',
    help: 'the password is the first line of standard input',
    reader: onOff,
    flagOnly: true,
  },
  insecureLogin: {
    flags: '--insecure-login',
    help: 'a password may leave this machine unencrypted',
    reader: onOff,
    field: 'server.insecureLogin',
  },
  allowRedirect: {
    flags: '--allow-redirect <host,...>',
    help: 'further hosts that a cluster may send us to',
    reader: list,
    field: 'server.allowRedirect',
  },
  connectTimeout: {
    flags: '--connect-timeout <time>',
    help: 'for all hosts and all tries together',
    reader: duration,
    defaultNote: '10s',
    field: 'server.connectTimeoutMs',
  },
})

/** What every command that connects to a server is told. */
export type ServerSettings = SettingsOf<typeof serverOptions>
