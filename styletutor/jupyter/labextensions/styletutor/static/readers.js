// What JupyterLab's widgets lack for some readers of the course.
// Written by hand in the form that JupyterLab loads extensions in (a webpack container): there is nothing to build.
"use strict";
{
  const VIEW = "application/vnd.jupyter.widget-view+json";
  let shared, named = 0;

  // Without a kernel the widget extension shows "Loading widget..." for ever, though the output holds a picture too:
  // show that in its place, until the widget comes.
  function withPicture(renderer) {
    const render = renderer.renderModel.bind(renderer);
    renderer.renderModel = model => {
      const widget = render(model); // empties the node once the widget is there
      if (model.data["image/jpeg"]) {
        const picture = document.createElement("img");
        picture.src = `data:image/jpeg;base64,${model.data["image/jpeg"]}`;
        picture.alt = model.data["text/plain"];
        renderer.node.replaceChildren(picture);
      }
      return widget;
    };
    return renderer;
  }

  // A slider's handle and a picture have no name that a screen reader could say: it is the label, the caption.
  function name(element, words) {
    words.id ||= `styletutor-words-${named++}`;
    element.setAttribute("aria-labelledby", words.id);
  }

  function nameHandle({ target }) {
    const label = target.closest(".widget-slider")?.querySelector(".widget-label");
    if (label) name(target, label);
  }

  function namePicture({ target }) {
    const caption = target.nextElementSibling;
    if (caption?.matches(".widget-image + .widget-html")) name(target, caption);
  }

  async function load(module) {
    const [version] = Object.values(shared[module]);
    return (await version.get())();
  }

  async function plugin() {
    const { IRenderMimeRegistry } = await load("@jupyterlab/rendermime");
    const { IJupyterWidgetRegistry } = await load("@jupyter-widgets/base");
    return {
      id: "styletutor:readers",
      autoStart: true,
      requires: [IRenderMimeRegistry, IJupyterWidgetRegistry], // after the widget extension, whose renderer this wraps
      activate: (app, rendermime) => {
        const factory = rendermime.getFactory(VIEW);
        const createRenderer = options => withPicture(factory.createRenderer(options));
        rendermime.addFactory({ ...factory, createRenderer }, -10); // the widget extension's own rank
        document.addEventListener("focusin", nameHandle);
        document.addEventListener("load", namePicture, true); // an image's load doesn't bubble
      },
    };
  }

  const container = {
    init: scope => { shared = scope; },
    get: async () => { const ready = await plugin(); return () => ({ __esModule: true, default: ready }); },
  };
  (window._JUPYTERLAB ??= {}).styletutor = container;
}
