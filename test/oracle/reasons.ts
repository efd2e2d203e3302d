/*
  What nobody but us has looked at, and why; a part of docs/types.md.
*/

export const reasons: Readonly<Record<string, string>> = {
  DATEMINUTE:
    'No official client reads it. We take it for minutes since 1970, four bytes; whether DolphinDB does, is not known',
  'COMPLEX, POINT, DURATION':
    'The C++ client does not know them, and none was recorded; the JavaScript client and examples of the protocol stand for them',
  'DURATION in tables':
    'DolphinDB has no such columns, says its manual; the embedded server refuses to make one',
  'STRING[], SYMBOL[], BLOB[], DURATION[]': 'No official client sends such arrays',
  'CHART, TENSOR, EXTOBJ, IOTANY, INSTRUMENT, MKTDATA, CHUNK':
    'Results of functions the embedded server does not have; our decoder refuses them by number',
  'big-endian values':
    'All official clients on today’s machines are little-endian; no big-endian bytes were recorded',
  'a real DolphinDB server':
    'None was at hand: what servers do is known from documentation and from what clients accept',
}
