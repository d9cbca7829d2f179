/** What the hub counts about ingest. */
export interface IngestMeter {
  refused(reason: string): void;
  committed(entries: number): void;
  receipted(): void;
}
