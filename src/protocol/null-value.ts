/*
  Null sentinels in columns (docs/protocol.md#data-types): the smallest value of each signed type. FLOAT and DOUBLE use
  the most negative finite number, so NaN is not null.
*/

/** BOOL and CHAR: 0x80 on the wire. Code that does not check a BOOL for null takes null for "true". */
export const nullInt8 = -128
export const nullInt16 = -32768
/** INT, DECIMAL32 and the temporal types of 32 bits; also the count of a DURATION. */
export const nullInt32 = -2147483648
/** LONG, DECIMAL64 and the temporal types of 64 bits. */
export const nullInt64: bigint = -(2n ** 63n)
export const nullInt128: bigint = -(2n ** 127n)
/** −FLT_MAX: on the wire ff ff 7f ff. */
export const nullFloat: number = -3.4028234663852886e38
/** −DBL_MAX: on the wire ff ff ff ff ff ff ef ff. */
export const nullDouble: number = -Number.MAX_VALUE
