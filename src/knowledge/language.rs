//! The languages in which the tables speak.
//!
//! In: the name of a language, or a locale. Out: a [`Language`], and texts that exist in each of
//! them: a text that lacks one does not compile.

use std::fmt;

/// A language of the texts for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Vietnamese.
    Vi,
}

impl Language {
    /// Every language.
    pub const ALL: [Language; 2] = [Language::En, Language::Vi];

    /// Its tag (ISO 639-1).
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Vi => "vi",
        }
    }

    /// The language of a tag.
    pub fn of_tag(tag: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language of a POSIX locale, such as `vi_VN.UTF-8`; English where we do not speak it.
    pub fn of_locale(locale: &str) -> Language {
        let tag = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        Language::of_tag(&tag.to_ascii_lowercase()).unwrap_or_default()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A text in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Words {
    /// In English.
    pub en: &'static str,
    /// In Vietnamese, in precomposed characters (NFC).
    pub vi: &'static str,
}

impl Words {
    /// A text and its translation.
    pub const fn new(en: &'static str, vi: &'static str) -> Words {
        Words { en, vi }
    }

    /// The text in one language.
    pub fn text(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Vi => self.vi,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_language_first() {
        for locale in ["vi", "vi_VN", "vi_VN.UTF-8", "vi-VN", "VI_VN", "vi.UTF-8", "vi@x"] {
            assert_eq!(Language::of_locale(locale), Language::Vi, "{locale}");
        }
        for locale in ["", "C", "POSIX", "en_US.UTF-8", "de_DE", "vie", "video", "C.vi"] {
            assert_eq!(Language::of_locale(locale), Language::En, "{locale}");
        }
    }
}
