/*
  What keeps a password from those who are not meant to have it, on the way to one server. This machine is no exception:
  any of its users may listen on a port that the server has left (docs/security.md#logins).
*/
import { addressText } from '../failure.js'
import type { ConnectOptions } from '../session-options.js'
import { isVerified, type TlsOptions } from '../tls/tls-options.js'

/** How a login was proven, best first: what crosses the network says ever more of the password. */
export const loginMethods = ['scram', 'rsa', 'plain'] as const

/** @see loginMethods */
export type LoginMethod = (typeof loginMethods)[number]

/** What servers did before, so that one that does less now is found out. */
export interface LoginMemory {
  /** Undefined for a user who has not logged in there. */
  best(host: string, port: number, user: string): LoginMethod | undefined
  /** Called after each login of the user that went better than any before. */
  keep(host: string, port: number, user: string, method: LoginMethod): void
  /** Where it is written down, for the user who wants it forgotten. */
  place(host: string, port: number): string
  /** Called before a password leaves, encrypted with a key that nobody has verified. */
  unverified?(host: string, port: number): void
}

/** Least that a server has to do: log us in by SCRAM, or prove by TLS who it is. */
export const loginRequirements = ['scram', 'tls'] as const

/** @see loginRequirements */
export type LoginRequirement = (typeof loginRequirements)[number]

/** What a caller may choose for logins. */
export interface LoginOptions {
  /** Allows a password to travel in plain text without verified TLS. Encrypted by RSA it may in any case. */
  insecureLogin?: boolean
  /** Refuses what is less: a login other than by SCRAM, or a connection without verified TLS. */
  require?: LoginRequirement
  /** Keeps what servers have done for a login, so that one that does less later is found out. Nothing when left out. */
  loginMemory?: LoginMemory
}

/** The options of logins among others. */
export function loginOptionsOf({
  insecureLogin,
  require,
  loginMemory,
}: LoginOptions): LoginOptions {
  return {
    ...(insecureLogin === undefined ? {} : { insecureLogin }),
    ...(require === undefined ? {} : { require }),
    ...(loginMemory === undefined ? {} : { loginMemory }),
  }
}

/** Which of them a server may be given a password in. */
export interface Protection {
  readonly address: string
  /** True where the password itself may leave. */
  readonly mayShowPassword: boolean
  /** False where a server may keep its proof of SCRAM, or want ours with few iterations. */
  readonly needsProof: boolean
  /** True if only SCRAM will do. */
  readonly needsScram: boolean
  /** The worst that is trusted, and where it is written down that the server did so well. */
  readonly least: { readonly method: LoginMethod; readonly place: string } | undefined
  /** To be called before anything is sent by RSA. */
  readonly beforeRsa: () => void
}

/** Of a login of the user. */
export function protectionOf(options: ConnectOptions, user: string): Protection {
  const { host, port, insecureLogin = false, loginMemory } = options
  const method = loginMemory?.best(host, port, user)
  const mayShowPassword = isVerified(options) || insecureLogin
  return {
    address: addressText(host, port),
    mayShowPassword,
    needsProof: !isVerified(options) && !(insecureLogin && method !== 'scram'),
    needsScram: options.require === 'scram',
    least:
      method === undefined || loginMemory === undefined
        ? undefined
        : { method, place: loginMemory.place(host, port) },
    beforeRsa: () => {
      // Who takes any certificate has been warned.
      if (!mayShowPassword && options.tlsInsecure !== true) loginMemory?.unverified?.(host, port)
    },
  }
}

/** Whether user and password may go inside the connect request, where they stand in plain text. */
export function mayLogInWithConnect(options: TlsOptions & LoginOptions): boolean {
  const { insecureLogin = false, require } = options
  return require !== 'scram' && (isVerified(options) || insecureLogin)
}

/** Remembers what a server has done, unless it did better before. */
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
