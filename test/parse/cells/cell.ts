/*
  A cell as the parsers get it: between bytes that would mislead a parser that reads too far.
*/

export interface Cell {
  bytes: Uint8Array
  view: DataView
  start: number
  end: number
}

export function cellOf(text: string | Uint8Array): Cell {
  const content = typeof text === 'string' ? Buffer.from(text) : text
  const bytes = Uint8Array.from(
    Buffer.concat([Buffer.from('99-'), content, Buffer.from('99999999')]),
  )
  return { bytes, view: new DataView(bytes.buffer), start: 3, end: 3 + content.length }
}
