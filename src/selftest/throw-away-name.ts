/*
  Names of what `selftest` creates on a server: `ddbIngestTest_<token>_<yyyymmddHHMMSS>_<purpose>`. Nothing else is ever
  removed, so the form is exact.
*/
import type { Random } from '../platform/platform.js'

/** What names of this program's tests begin with. */
const namePrefix = 'ddbIngestTest_'

const form = /^(?:dfs:\/\/)?ddbIngestTest_([0-9a-f]{16})_(\d{14})_[a-z][A-Za-z0-9]{0,39}$/
const dayMs = 86_400_000

/** Who creates, and when. */
export interface NameStamp {
  /** 16 hexadecimal digits. */
  readonly token: string
  /** `yyyymmddHHMMSS` by the server's clock. */
  readonly time: string
}

/** @param timeMs  by the server's clock: machines that test one server need not agree about the time */
export function newStamp(random: Random, timeMs: number): NameStamp {
  const token = Array.from(random.bytes(8), byte => byte.toString(16).padStart(2, '0')).join('')
  return { token, time: new Date(timeMs).toISOString().replace(/\D/g, '').slice(0, 14) }
}

/** @param purpose  letters and digits */
export function throwAwayName({ token, time }: NameStamp, purpose: string): string {
  return `${namePrefix}${token}_${time}_${purpose}`
}

/** Whether a run may remove what has this name: it is its own, or a day old. */
export function mayRemove(name: string, own: NameStamp, nowMs: number): boolean {
  const [, token, time = ''] = form.exec(name) ?? []
  if (token === undefined || token === own.token) return token === own.token
  const iso = time.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z')
  // A time that cannot be is no time, and never a day ago.
  return nowMs - Date.parse(iso) > dayMs
}

/** Whether a run with this token made what has this name. */
export function isOwn(name: string, own: NameStamp): boolean {
  return form.exec(name)?.[1] === own.token
}
