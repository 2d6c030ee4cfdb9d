interface ImportMetaEnv {
  /** The server's address. Default: ws://127.0.0.1:5678/ */
  readonly VITE_OTKLIK_URL?: string;
}
