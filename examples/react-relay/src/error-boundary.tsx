import { Component, type ReactNode } from "react";
import { problemOf } from "./problem.ts";

/** Shows why a query below it has failed; Relay throws its error while it renders. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <p className="problem" role="alert">
        {problemOf(error).line}
      </p>
    );
  }
}
