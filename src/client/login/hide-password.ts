/*
  A password in the words of others: servers repeat what they were sent, as it was or as they write it down, and some long
  after the login (docs/security.md#a-server-that-repeats-the-password).
*/

const stand = '***'

/** Gives a text back without passwords. */
export type Hide = (text: string) => string

/** Shorter encodings of a part say nothing of the rest, and would be found in any text. */
const fewestEncoded = 6

/**
 * Hides a password in the forms in which a text can carry another.
 * @param fewest  shorter passwords stay, for texts that are ours for the most part: they would lose every sense
 */
export function passwordHider(password: string, fewest = 1): Hide {
  if (password.length < Math.max(1, fewest)) return text => text
  const pattern = new RegExp(formsOf(password).map(escaped).join('|'), 'g')
  return text => text.replace(pattern, stand)
}

/** The text without the password. */
export function hidePassword(text: string, password: string): string {
  return passwordHider(password)(text)
}

/** Shortest password that is looked for in sentences of ours: with every other letter struck out they say nothing. */
const fewestInSentence = 4

/** As literals of JSON and of scripts have it, and as addresses, hexadecimal digits and Base64 write its bytes; longest first. */
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

/** What Base64 of a longer text has of it, whatever stands before and after: `user:password`, as headers carry it. */
function insideBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap(before => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes])
    // Signs that hold bits of neighbours are left out at both ends.
    const start = Math.ceil((before * 8) / 6)
    const end = Math.floor((shifted.length * 8) / 6)
    return (['base64', 'base64url'] as const).map(way => shifted.toString(way).slice(start, end))
  })
}

function escaped(form: string): string {
  return form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/** The error itself, its words and those of its causes without what is to be hidden. */
export function hideInError(error: unknown, hide: Hide): unknown {
  const seen = new Set<unknown>()
  for (let one = error; one instanceof Error && !seen.has(one); one = one.cause) {
    seen.add(one)
    for (const name of ['message', 'stack'] as const) {
      const text = one[name]
      const safe = text && hide(text)
      // An AbortError has getters in their place.
      if (safe !== text) Object.defineProperty(one, name, { value: safe })
    }
  }
  return error
}

/** Plain data with every text hidden, names of members included. */
export function hideInData<Data>(data: Data, hide: Hide): Data {
  return hidden(data, hide) as Data
}

function hidden(data: unknown, hide: Hide): unknown {
  if (typeof data === 'string') return hide(data)
  if (Array.isArray(data)) return data.map(each => hidden(each, hide))
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [hide(name), hidden(value, hide)]),
  )
}

/** The passwords of a session: those that it ever was given, for as long as it lives. */
export interface Secrets {
  readonly add: (password: string) => void
  /** For texts that are a server's own. */
  readonly hide: Hide
  /** For texts that are ours, or have much of ours: very short passwords stay. */
  readonly hideInSentence: Hide
}

export function newSecrets(...passwords: readonly (string | undefined)[]): Secrets {
  const known = new Set<string>()
  const hiders: Hide[] = []
  const inSentences: Hide[] = []
  let last = ''
  let looked = 0
  let hidden = ''
  const add = (password: string): void => {
    if (known.has(password)) return
    known.add(password)
    hiders.push(passwordHider(password))
    inSentences.push(passwordHider(password, fewestInSentence))
  }
  for (const password of passwords) if (password !== undefined) add(password)
  return {
    add,
    hide(text) {
      // Rows are refused by the thousand in the same words.
      if (text !== last || hiders.length !== looked) {
        last = text
        looked = hiders.length
        hidden = hiders.reduce((safe, hide) => hide(safe), text)
      }
      return hidden
    },
    hideInSentence: text => inSentences.reduce((safe, hide) => hide(safe), text),
  }
}
