/** The plain front page, until the storefront takes its place. */
export const LANDING_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bodega · data supermarket for embodied AI</title>
<style>
  :root { color-scheme: light dark; font: 17px/1.6 system-ui, "Noto Sans SC", sans-serif; }
  body { max-width: 42rem; margin: 12vh auto; padding: 0 1.5rem; }
  h1 { font-size: 2.2rem; line-height: 1.2; margin: 0 0 .25rem; }
  p.zh { margin: 0 0 2rem; opacity: .75; }
  a { color: inherit; text-underline-offset: .2em; }
  nav { display: grid; gap: .75rem; margin-top: 2rem; }
  code { font-size: .9em; }
</style>
</head>
<body>
<main>
<h1>Bodega</h1>
<p class="zh" lang="zh">具身智能数据超市</p>
<p>Robot datasets whose every number is measured, whose licences a machine decides, and whose every byte is accounted for.</p>
<nav aria-label="Ways in">
  <a href="/graphiql">GraphiQL: look around in the API</a>
  <span><code>npx bodega search grasping</code>: shop from the command line</span>
  <a href="/readyz">Is everything up?</a>
</nav>
</main>
</body>
</html>
`;

const FIRST_QUERY = `# The shelf: what is listed, and what it may be used for.
{
  datasets(first: 10) {
    totalCount
    nodes { slug title { en zh } grade episodes hours usableFor }
    facets { field values { code count label { en zh } } }
  }
}
`;

export const GRAPHIQL_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Bodega · GraphiQL</title>
<link rel="stylesheet" href="/graphiql/graphiql.css">
<style>html, body, #graphiql { height: 100%; margin: 0; }</style>
</head>
<body>
<div id="graphiql">Loading…</div>
<script src="/graphiql/react.js"></script>
<script src="/graphiql/react-dom.js"></script>
<script src="/graphiql/graphiql.js"></script>
<script>
  const fetcher = GraphiQL.createFetcher({ url: '/graphql' });
  ReactDOM.createRoot(document.getElementById('graphiql')).render(
    React.createElement(GraphiQL, { fetcher, defaultQuery: ${JSON.stringify(FIRST_QUERY)} }),
  );
</script>
</body>
</html>
`;
