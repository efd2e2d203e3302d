/* Decides how a password may be sent to a server. The same rules hold for a server on this machine, because any user of the machine may
   listen on a port that the server no longer uses (docs/security.md#logins). */
import { addressText } from '../failure.js'
import type { ConnectOptions } from '../session-options.js'
import { isVerified } from '../tls/tls-options.js'

/** Login methods, best first: each later one reveals more of the password on the network. */
export const loginMethods = ['scram', 'rsa', 'plain'] as const

export type LoginMethod = (typeof loginMethods)[number]

/** Remembers how servers logged users in, so that we notice a server that later offers a weaker method. */
export interface LoginMemory {
  /** The best method by which the user has logged in to this server; undefined before the first login. */
  best(host: string, port: number, user: string): LoginMethod | undefined
  /** Called after a login by a better method than `best`, or if there is no `best` yet. */
  keep(host: string, port: number, user: string, method: LoginMethod): void
  /** The file that remembers this server, for users who want to delete it. */
  place(host: string, port: number): string
  /** Called before a password is sent encrypted with an unverified key. */
  unverified?(host: string, port: number): void
}

/** What a user may require: that the login is by SCRAM, or that the server proves its identity by TLS. */
export const loginRequirements = ['scram', 'tls'] as const

export type LoginRequirement = (typeof loginRequirements)[number]

export interface LoginOptions {
  /** Allows sending a password in plain text without verified TLS. RSA-encrypted passwords are always allowed. */
  insecureLogin?: boolean
  /** `scram` refuses every login that is not by SCRAM, `tls` every connection without verified TLS. */
  require?: LoginRequirement
  /** Remembers how servers logged users in, to notice a weaker method later. By default nothing is remembered. */
  loginMemory?: LoginMemory
}

export type Protection = ReturnType<typeof protectionOf>

export function protectionOf(options: ConnectOptions, user: string) {
  const { host, port, insecureLogin = false, loginMemory } = options
  const method = loginMemory?.best(host, port, user)
  const mayShowPassword = isVerified(options) || insecureLogin
  return {
    address: addressText(host, port),
    /** True if the password may be sent in plain text. */
    mayShowPassword,
    /** True if a server that uses SCRAM must prove that it knows the password, and must require enough iterations. */
    needsProof: !isVerified(options) && !(insecureLogin && method !== 'scram'),
    needsScram: options.require === 'scram',
    /** The user's best login method so far, and the file that remembers it. Any weaker method is refused. */
    least: method && loginMemory && { method, place: loginMemory.place(host, port) },
    /** Call this before sending anything encrypted with RSA. */
    beforeRsa: () => {
      // Users who accept any certificate have already been warned.
      if (!mayShowPassword && options.tlsInsecure !== true) loginMemory?.unverified?.(host, port)
    },
  }
}

/** Remembers a server's login method, unless the server offered a better one before. */
export function rememberLogin(
  { host, port, loginMemory }: ConnectOptions,
  user: string,
  method: LoginMethod,
): void {
  if (loginMemory === undefined) return
  const best = loginMemory.best(host, port, user)
  if (best !== undefined && loginMethods.indexOf(best) <= loginMethods.indexOf(method)) return
  loginMemory.keep(host, port, user, method)
}
