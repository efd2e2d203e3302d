/* A promise that a test resolves. */
export interface Gate {
  readonly opened: Promise<undefined>
  open(): void
}

export function closedGate(): Gate {
  let open = (): void => undefined
  const opened = new Promise<undefined>(resolve => (open = () => resolve(undefined)))
  return { opened, open }
}
