/*
  What only we have checked, and why; a part of docs/types.md.
*/

export const reasons: Readonly<Record<string, string>> = {
  DATEMINUTE:
    'No official client reads it. We assume minutes since 1970 in four bytes; whether DolphinDB does so is unknown',
  'COMPLEX, POINT, DURATION':
    'The C++ client does not know them, and none was recorded; we rely on the JavaScript client and on examples in the description of the protocol',
  'DURATION in tables':
    'According to its manual DolphinDB has no such columns; the embedded server refuses to make one',
  'STRING[], SYMBOL[], BLOB[], DURATION[]': 'No official client sends such arrays',
  'CHART, TENSOR, EXTOBJ, IOTANY, INSTRUMENT, MKTDATA, CHUNK':
    'Results of functions that the embedded server does not have; our decoder refuses their type codes',
  'big-endian values':
    'All official clients on today’s machines are little-endian; no big-endian bytes were recorded',
  'a real DolphinDB server':
    'None was available: what servers do is known from documentation and from what clients accept',
}
