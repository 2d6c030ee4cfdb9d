import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "otklik-react/styles.css";
import "./app.css";
import { App } from "./App";

const url = import.meta.env.VITE_OTKLIK_URL ?? "ws://127.0.0.1:5678/";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App url={url} />
  </StrictMode>,
);
