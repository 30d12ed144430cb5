/** What the screen asks of its table and its filter bar directly. */
export interface TableHandle {
  scrollToTop(): void;
  refreshInPlace(): Promise<void>;
  focusActive(): void;
}

/** What keys in the table ask for: with what is selected, else with the row that they are on. */
export type TableAction = 'all' | 'preview' | 'clear' | 'label' | 'trash' | 'upload';

export type FilesDialog = 'add' | 'label add' | 'label remove' | 'upload' | 'free';

export interface FilterBarHandle {
  focusSearch(): void;
  /** Empties the fields; the filters themselves belong to the screen. */
  reset(): void;
}
