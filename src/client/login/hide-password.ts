/*
  A password in the words of others: servers repeat what they were sent, as it was or as they write it down.
*/

const stand = '***'

/** The text without the password, in the forms in which a text can carry another. */
export function hidePassword(text: string, password: string): string {
  if (password === '') return text
  let safe = text
  for (const form of formsOf(password)) safe = safe.replaceAll(form, stand)
  return safe
}

/** As it is, as literals of JSON and of scripts have it, and as addresses and Base64 write its bytes; longest first. */
function formsOf(password: string): readonly string[] {
  const bytes = Buffer.from(password, 'utf8')
  const inAddress = encodeURIComponent(bytes.toString('utf8'))
  const inJson = JSON.stringify(password).slice(1, -1)
  const forms = [
    password,
    inJson,
    password.replace(/[\\'"]/g, '\\$&'),
    inJson.replace(/[^ -~]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    inAddress,
    inAddress.replaceAll('%20', '+'),
    encodeURI(bytes.toString('utf8')),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ]
  return [...new Set(forms)].sort((a, b) => b.length - a.length)
}

/** The error itself, its words without the password. */
export function hidePasswordIn(error: unknown, password: string): unknown {
  if (error instanceof Error) {
    error.message = hidePassword(error.message, password)
    if (error.stack !== undefined) error.stack = hidePassword(error.stack, password)
  }
  return error
}
