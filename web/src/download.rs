//! Files that the browser saves for the visitor.

use js_sys::Array;
use leptos::prelude::document;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement,
    HtmlImageElement, Url,
};

/// A file of text.
pub(crate) fn text(text: &str, kind: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)
}

/// Has the browser save a file.
pub(crate) fn save(name: &str, file: &Blob) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(file)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The click has begun to save it.
    Url::revoke_object_url(&address)
}

/// Has the browser save a drawing as a PNG file, with so many pixels for each of its own.
pub(crate) async fn save_pixels(name: &str, svg: &str, sharpness: f64) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(&text(svg, "image/svg+xml")?)?;
    let image = HtmlImageElement::new()?;
    image.set_src(&address);
    let loaded = JsFuture::from(image.decode()).await;
    Url::revoke_object_url(&address)?;
    loaded?;
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
    let width = f64::from(image.natural_width()) * sharpness;
    let height = f64::from(image.natural_height()) * sharpness;
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d")?.ok_or("no canvas")?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)?;
    let name = name.to_owned();
    let saved = Closure::once_into_js(move |pixels: JsValue| {
        if let Ok(pixels) = pixels.dyn_into::<Blob>() {
            let _ = save(&name, &pixels);
        }
    });
    canvas.to_blob(saved.unchecked_ref())
}
