/* Redacts passwords in texts from servers, which may repeat them (docs/security.md#a-server-that-repeats-the-password). */

const stand = '***'

export type Hide = (text: string) => string

/** Shorter encoded parts are not redacted, because they reveal too little and any text may contain them by chance. */
const fewestEncoded = 6

export function passwordHider(password: string): Hide {
  if (password === '') return text => text
  const pattern = new RegExp(formsOf(password).map(escaped).join('|'), 'g')
  return text => text.replace(pattern, stand)
}

/**
 * Redacts a password in our own sentences. These quote the server only after its words were redacted, so the cells and examples in them
 * stay as they are: a part of a longer number or word, and what follows `got "` and the like. Encoded, it is redacted everywhere.
 */
function sentenceHider(password: string): Hide {
  if (password.length < fewestInSentence) return text => text
  const encoded = formsOf(password).filter(form => form !== password && form.length > fewestEncoded)
  const before = /^\d/.test(password) ? '(?<![\\d.])' : '(?<![A-Za-z])'
  const after = /\d$/.test(password) ? '(?!\\d)' : '(?![A-Za-z])'
  const plain = `(?<!\\b(?:got|the first is|is not is|such as) "[^"]*)${before}${escaped(password)}${after}`
  const pattern = new RegExp([...encoded.map(escaped), plain].join('|'), 'g')
  return text => text.replace(pattern, stand)
}

/** Our own sentences keep shorter passwords, because redacting one or two letters would make them unreadable. */
const fewestInSentence = 4

/** All forms of the password in texts: escaped for JSON or scripts, percent-encoded, hex, Base64; longest first. */
function formsOf(password: string): readonly string[] {
  const bytes = Buffer.from(password, 'utf8')
  const inAddress = encodeURIComponent(bytes.toString('utf8'))
  const inJson = JSON.stringify(password).slice(1, -1)
  const hex = bytes.toString('hex')
  const everyByte = hex.replace(/../g, '%$&')
  const forms = [
    password,
    inJson,
    password.replace(/[\\'"]/g, '\\$&'),
    inJson.replace(/[^ -~]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ...[inAddress, inAddress.replaceAll('%20', '+'), encodeURI(bytes.toString('utf8'))].flatMap(
      form => [form, form.replace(/%../g, sign => sign.toLowerCase())],
    ),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    ...[hex, hex.toUpperCase(), everyByte, everyByte.toUpperCase(), ...insideBase64(bytes)].filter(
      form => form.length >= fewestEncoded,
    ),
  ]
  return [...new Set(forms)].sort((a, b) => b.length - a.length)
}

/** The password in the Base64 of a longer text (`user:password`), without characters that depend on neighboring bytes. */
function insideBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap(before => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes])
    // Leaves out Base64 characters at both ends that also hold bits of the bytes before or after the password.
    const start = Math.ceil((before * 8) / 6)
    const end = Math.floor((shifted.length * 8) / 6)
    return (['base64', 'base64url'] as const).map(way => shifted.toString(way).slice(start, end))
  })
}

function escaped(form: string): string {
  return form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/** Returns the same error object, with passwords redacted in its messages and in the messages of its causes. */
export function hideInError(error: unknown, hide: Hide): unknown {
  const seen = new Set<unknown>()
  for (let one = error; one instanceof Error && !seen.has(one); one = one.cause) {
    seen.add(one)
    for (const name of ['message', 'stack'] as const) {
      const text = one[name]
      const safe = text && hide(text)
      // The properties of an AbortError are getters and cannot be assigned.
      if (safe !== text) Object.defineProperty(one, name, { value: safe })
    }
  }
  return error
}

/** Returns a copy of plain data with every text redacted, including member names. */
export function hideInData<Data>(data: Data, hide: Hide): Data
export function hideInData(data: unknown, hide: Hide): unknown {
  if (typeof data === 'string') return hide(data)
  if (Array.isArray(data)) return data.map(each => hideInData(each as unknown, hide))
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [hide(name), hideInData<unknown>(value, hide)]),
  )
}

export type Secrets = Readonly<ReturnType<typeof newSecrets>>

export function newSecrets(...passwords: readonly (string | undefined)[]) {
  const hiders = new Map<string, Hide>()
  const inSentences: Hide[] = []
  let last = ''
  let looked = 0
  let hidden = ''
  const add = (password: string): void => {
    if (hiders.has(password)) return
    hiders.set(password, passwordHider(password))
    inSentences.push(sentenceHider(password))
  }
  for (const password of passwords) if (password !== undefined) add(password)
  return {
    add,
    hide: (text: string): string => {
      // Reuses the last result, because a server may refuse thousands of rows with the same message.
      if (text !== last || hiders.size !== looked) {
        last = text
        looked = hiders.size
        hidden = [...hiders.values()].reduce((safe, hide) => hide(safe), text)
      }
      return hidden
    },
    /** Redacts our own sentences, which may quote the server. Does not redact very short passwords. */
    hideInSentence: (text: string): string => inSentences.reduce((safe, hide) => hide(safe), text),
  }
}
