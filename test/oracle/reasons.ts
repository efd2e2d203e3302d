/* The cases that only this project's code has checked, and the reasons. Part of docs/values.md. */

export const reasons: Readonly<Record<string, string>> = {
  DATEMINUTE:
    'No official client reads this type. We assume minutes since 1970 in four bytes, but do not know whether DolphinDB does the same',
  'COMPLEX, POINT, DURATION':
    'The C++ client does not support these types, and no bytes were recorded. We rely on the JavaScript client and on examples in the protocol description',
  'DURATION in tables':
    'According to DolphinDB’s manual, tables cannot have such columns. The embedded server refuses to create one',
  'STRING[], SYMBOL[], BLOB[], DURATION[]': 'No official client sends arrays of these types',
  'CHART, TENSOR, EXTOBJ, IOTANY, INSTRUMENT, MKTDATA, CHUNK':
    'Only functions that the embedded server lacks return these types. Our decoder refuses their type codes',
  'big-endian values':
    'All official clients on today’s machines are little-endian; no big-endian bytes were recorded',
  'a real DolphinDB server':
    'No server was available. The behavior of servers is known from documentation and from the values that clients accept',
}
