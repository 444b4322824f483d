//! The folder of images.

use std::fs;

use axum::http::{StatusCode, header};

use super::{get, get_with, site_at};

#[tokio::test]
async fn only_images_of_the_folder_are_served() {
    let dir = tempfile::tempdir().unwrap();
    let images = dir.path().join("images");
    fs::create_dir_all(images.join("su/sub.jpg")).unwrap();
    for (place, bytes) in [
        ("ab/ab12.jpg", "an image"),
        ("ab/ab56.svg", "<svg/>"),
        ("cd/ab34.jpg", "elsewhere"),
        ("../secret.jpg", "secret"),
    ] {
        let file = images.join(place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    #[cfg(unix)]
    {
        fs::create_dir_all(images.join("li")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret.jpg"), images.join("li/link.jpg")).unwrap();
    }
    let site = site_at("https://tides.example/", Some(images));
    let image = get(&site, "/images/ab12.jpg").await;
    assert_eq!((image.status, image.text()), (StatusCode::OK, "an image"));
    assert_eq!(image.header(header::CONTENT_TYPE), "image/jpeg");
    assert!(image.header(header::CACHE_CONTROL).contains("immutable"));
    let drawing = get(&site, "/images/ab56.svg").await;
    assert_eq!(drawing.header(header::CONTENT_TYPE), "image/svg+xml");
    assert!(drawing.header(header::CONTENT_SECURITY_POLICY).ends_with("sandbox"));
    let tag = image.header(header::ETAG);
    let again = get_with(&site, "/images/ab12.jpg", header::IF_NONE_MATCH, tag).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    for path in [
        "/images/../secret.jpg",
        "/images/..%2Fsecret.jpg",
        "/images/%2e%2e/secret.jpg",
        "/images/sub.jpg",
        "/images/link.jpg",
        "/images/ab34.jpg",
        "/images/ab/ab12.jpg",
        "/images/none.png",
        "/images/",
        "/images/%00.jpg",
    ] {
        assert_eq!(get(&site, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
