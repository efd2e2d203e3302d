/*
  What keeps a password from those who are not meant to have it, on the way to one server.
*/
import { addressText } from '../failure.js'
import type { ConnectOptions } from '../session-options.js'
import { isVerified } from '../tls/tls-options.js'

/** How a login was proven, best first: what crosses the network says ever more of the password. */
export const loginMethods = ['scram', 'rsa', 'plain'] as const

/** @see loginMethods */
export type LoginMethod = (typeof loginMethods)[number]

/** What servers did before, so that one that does less now is found out. */
export interface LoginMemory {
  /** Undefined for a server that is not known. */
  best(host: string, port: number): LoginMethod | undefined
  /** Called after each login that went better than any before. */
  keep(host: string, port: number, method: LoginMethod): void
  /** Where it is written down, for whoever wants it forgotten. */
  place(host: string, port: number): string
}

/** Which of them a server may be given a password in. */
export interface Protection {
  readonly address: string
  /** False where nothing of the password may leave but what SCRAM shows. */
  readonly mayShowPassword: boolean
  /** The worst that is trusted, and where it is written down that the server did so well. */
  readonly least: { readonly method: LoginMethod; readonly place: string } | undefined
}

/** True for a numeric address of this machine. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

/** @param remoteAddress  numeric address at the other end */
export function protectionOf(options: ConnectOptions, remoteAddress: string): Protection {
  const { host, port, insecureLogin = false, loginMemory } = options
  const isHere = isLoopback(remoteAddress)
  const method = isHere ? undefined : loginMemory?.best(host, port)
  return {
    address: addressText(host, port),
    mayShowPassword: isHere || isVerified(options) || insecureLogin,
    least:
      method === undefined || loginMemory === undefined
        ? undefined
        : { method, place: loginMemory.place(host, port) },
  }
}

/** Remembers what a server has done, unless it did better before. */
export function rememberLogin(
  { host, port, loginMemory }: ConnectOptions,
  remoteAddress: string,
  method: LoginMethod,
): void {
  if (loginMemory === undefined || isLoopback(remoteAddress)) return
  const best = loginMemory.best(host, port)
  if (best !== undefined && loginMethods.indexOf(best) <= loginMethods.indexOf(method)) return
  loginMemory.keep(host, port, method)
}
