use super::*;

fn networks(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn public_addresses_are_taken() {
    for text in [
        "https://music-database.example/smep?tenant=7",
        "https://music-database.example:8443/",
        "https://8.8.8.8/hook",
        "https://[2a00:1450:4009:81f::200e]/hook",
        "https://172.32.0.1/",
        "https://100.128.0.1/",
        "https://localhost.example/",
        "https://xn--mnchen-3ya.example/",
    ] {
        assert!(check(text, &[]).is_ok(), "{text}: {:?}", check(text, &[]));
    }
}

#[test]
fn what_is_not_public_is_refused_however_it_is_written() {
    for text in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1.:8080/",
        "https://%31%32%37.0.0.1/",
        "https://①②⑦.0.0.1/",
        "https://0.0.0.0/",
        "https://10.1.2.3/",
        "https://172.16.0.1/",
        "https://172.31.255.255/",
        "https://192.168.178.1/",
        "https://100.64.0.1/",
        "https://169.254.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.100.100.200/",
        "https://168.63.129.16/",
        "https://192.0.0.192/",
        "https://192.0.2.1/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::]/",
        "https://[::1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "https://[fc00::1]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://[2001:db8::1]/",
        "https://[100::1]/",
        "https://localhost/",
        "https://LOCALHOST:8080/",
        "https://hub.localhost/",
        "https://metadata.google.internal/",
        "https://printer.local/",
        "https://database/",
        "https://database./",
    ] {
        let refused = check(text, &[]).expect_err(text);
        assert!(refused.contains("SMEP_WEBHOOK_NETWORKS"), "{text}: {refused}");
    }
}

#[test]
fn other_schemes_and_secrets_in_the_address_are_refused() {
    for (text, why) in [
        ("http://music-database.example/", "use `https`"),
        ("http://8.8.8.8/", "use `https`"),
        ("ftp://music-database.example/", "begins with `https://`"),
        ("file:///etc/passwd", "begins with `https://`"),
        ("gopher://127.0.0.1:6379/_INFO", "begins with `https://`"),
        ("https://me:hush@music-database.example/", "leave out the user"),
        ("https://music-database.example@127.0.0.1/", "leave out the user"),
        ("https://music-database.example/#part", "leave out what follows `#`"),
        ("https://", "this is no address"),
        ("https://300.1.1.1/", "this is no address"),
        ("music-database.example", "this is no address"),
    ] {
        let refused = check(text, &[]).expect_err(text);
        assert!(refused.contains(why), "{text}: {refused}");
    }
}

#[test]
fn named_networks_are_reached_even_without_encryption() {
    let inside = networks(&["10.1.0.0/16", "::1/128"]);
    for text in ["http://10.1.2.3/hook", "https://10.1.2.3/hook", "http://[::1]:9000/", "http://database/hook"] {
        assert!(check(text, &inside).is_ok(), "{text}: {:?}", check(text, &inside));
    }
    for text in ["http://10.2.0.1/", "https://127.0.0.1/", "https://[::ffff:10.1.2.3]/", "http://8.8.8.8/"] {
        assert!(check(text, &inside).is_err(), "{text}");
    }
    // What a name leads to is checked when something is sent.
    assert!(expect_reachable("10.1.2.3".parse().unwrap(), true, &inside).is_ok());
    assert!(expect_reachable("8.8.8.8".parse().unwrap(), true, &inside).is_err());
    assert!(expect_reachable("8.8.8.8".parse().unwrap(), false, &inside).is_ok());
}
