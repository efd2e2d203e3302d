/*
  The options of every command that connects to a server.
*/
import { loginRequirements } from '../../client/login/protection.js'
import { optionGroup, type SettingsOf } from './reading/definition.js'
import { choice, hosts, list, onOff, text } from './reading/readers.js'

export const serverOptions = optionGroup('Server', {
  host: {
    flags: '--host <host[:port],...>',
    help: 'server to connect to, with its port if that is not 8848; several servers are tried in order',
    reader: hosts,
    default: '127.0.0.1',
    environment: ['DDB_HOST'],
  },
  user: {
    flags: '--user <name>',
    help: 'log in as this user; the password comes from --password-file, DDB_PASSWORD or a prompt',
    reader: text,
    environment: ['DDB_USER'],
    field: 'server.user',
  },
  passwordFile: {
    flags: '--password-file <file>',
    help: 'the password is the first line of this file; - for standard input',
    reader: text,
    environment: ['DDB_PASSWORD_FILE'],
  },
  tls: {
    flags: '--tls',
    help: 'use TLS, and verify the server',
    reader: onOff,
    field: 'server.tls',
  },
  caFile: {
    flags: '--ca-file <file>',
    help: 'certificate authorities to trust (PEM), instead of the system defaults',
    reader: text,
    field: 'server.caFile',
  },
  tlsInsecure: {
    flags: '--tls-insecure',
    help: 'accept any certificate: an attacker may impersonate the server',
    reader: onOff,
    field: 'server.tlsInsecure',
  },
  certFile: {
    flags: '--cert-file <file>',
    help: 'client certificate and its private key, for servers that require one (PEM)',
    reader: text,
    field: 'server.certFile',
  },
  compress: {
    flags: '--compress <how>',
    help: 'compress columns: lz4, none, or auto (while the network is slow)',
    reader: choice('auto', 'none', 'lz4'),
    defaultNote: 'auto',
    field: 'server.compress',
  },
  insecureLogin: {
    flags: '--insecure-login',
    help: 'allow sending the password as plain text without verified TLS',
    reader: onOff,
    field: 'server.insecureLogin',
  },
  require: {
    flags: '--require <what>',
    help: 'scram refuses other logins; tls refuses connections without verified TLS',
    reader: choice(...loginRequirements),
    field: 'server.require',
  },
  allowRedirect: {
    flags: '--allow-redirect <host,...>',
    help: 'further hosts that a cluster may redirect to',
    reader: list,
    field: 'server.allowRedirect',
  },
})

export type ServerSettings = SettingsOf<typeof serverOptions>
