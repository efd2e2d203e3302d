/*
  The options of every command that connects to a server.
*/
import { loginRequirements } from '../../client/login/protection.js'
import { optionGroup, type SettingsOf } from './reading/definition.js'
import { choice, duration, hosts, list, onOff, port, text } from './reading/readers.js'

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
    field: 'server.user',
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
  tls: {
    flags: '--tls',
    help: 'speak TLS, and verify who answers',
    reader: onOff,
    field: 'server.tls',
  },
  caFile: {
    flags: '--ca-file <file>',
    help: 'authorities that count, instead of those of the system (PEM)',
    reader: text,
    field: 'server.caFile',
  },
  tlsInsecure: {
    flags: '--tls-insecure',
    help: 'take any certificate: an attacker may stand in for the server',
    reader: onOff,
    field: 'server.tlsInsecure',
  },
  certFile: {
    flags: '--cert-file <file>',
    help: 'our own certificate, for servers that want one (PEM)',
    reader: text,
    field: 'server.certFile',
  },
  keyFile: {
    flags: '--key-file <file>',
    help: 'the private key of that certificate, without a passphrase (PEM)',
    reader: text,
    field: 'server.keyFile',
  },
  compress: {
    flags: '--compress <how>',
    help: 'columns on the way: lz4, none; auto compresses while a network between is slow',
    reader: choice('auto', 'none', 'lz4'),
    defaultNote: 'auto',
    field: 'server.compress',
  },
  insecureLogin: {
    flags: '--insecure-login',
    help: 'a password may travel in plain text without verified TLS',
    reader: onOff,
    field: 'server.insecureLogin',
  },
  require: {
    flags: '--require <what>',
    help: 'refuse less: a login other than by scram, or a connection without verified tls',
    reader: choice(...loginRequirements),
    field: 'server.require',
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

/** The settings of every command that connects to a server. */
export type ServerSettings = SettingsOf<typeof serverOptions>
