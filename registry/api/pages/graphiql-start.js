"use strict";
// Starts GraphiQL on this very address; ?query= and ?variables= fill it in.

const address = new URLSearchParams(location.search);
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: location.origin + location.pathname }),
    query: address.get("query") ?? undefined,
    variables: address.get("variables") ?? undefined,
    defaultEditorToolsVisibility: true,
  }),
);
