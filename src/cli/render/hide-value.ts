/*
  Redacts passwords that a server repeats in a value: in texts, and in bytes that may be text, but not in numbers.
*/
import type { Hide } from '../../client/login/hide-password.js'
import type { Value } from '../../protocol/value.js'

/** @returns the value itself if nothing needs to be redacted */
export function hideInValue(value: Value, hide: Hide): Value {
  return hidden(value, hide, false) as Value
}

/** Members that hold words of the protocol, not of the server, and so never contain a password. */
const ofShape: ReadonlySet<string> = new Set(['form', 'type'])

/** @param isBlob  true if a Uint8Array holds text, as in a BLOB; otherwise it holds numbers */
function hidden(part: unknown, hide: Hide, isBlob: boolean): unknown {
  if (typeof part === 'string') return hide(part)
  if (typeof part !== 'object' || part === null) return part
  if (Array.isArray(part)) {
    const made = part.map(each => hidden(each, hide, isBlob))
    return made.every((each, i) => each === part[i]) ? part : made
  }
  if (ArrayBuffer.isView(part)) {
    if (!isBlob || !(part instanceof Uint8Array)) return part
    const text = Buffer.from(part).toString('utf8')
    const safe = hide(text)
    return safe === text ? part : Buffer.from(safe)
  }
  const isOfBlob = 'type' in part && part.type === 'BLOB'
  const changes = Object.entries(part).flatMap(([name, member]) => {
    const made: unknown = ofShape.has(name) ? member : hidden(member, hide, isOfBlob)
    return made === member ? [] : [[name, made] as const]
  })
  return changes.length === 0 ? part : { ...part, ...Object.fromEntries(changes) }
}
