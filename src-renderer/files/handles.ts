/** What the screen asks of its table and its filter bar directly. */
export interface TableHandle {
  scrollToTop(): void;
  refreshInPlace(): Promise<void>;
  focusActive(): void;
}

export interface FilterBarHandle {
  focusSearch(): void;
  /** Empties the fields; the filters themselves belong to the screen. */
  reset(): void;
}
